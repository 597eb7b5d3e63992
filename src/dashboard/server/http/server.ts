/** The dashboard over HTTP: who may ask is looked at first, then what is asked for. */
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Context, withCancel } from "#base/context.ts";
import { isAborted, messageOf } from "#base/errors.ts";
import { CliError, explained } from "#cli/errors.ts";
import { StatusError } from "#machinery/status-error.ts";
import { requestUrl } from "#wire/request-url.ts";
import { HEADERS, Refusal, refuse } from "./answers.ts";
import { type Asking, Guard, LOOPBACK } from "./guard.ts";
import { Query } from "./query.ts";
import type { StaticFile } from "./static.ts";

export interface ApiRequest {
  readonly query: Query;
  readonly headers: IncomingMessage["headers"];
  /** Of a POST, bounded. */
  readonly body: () => Promise<string>;
}

/** The context ends when whoever asked goes. */
export type ApiHandler = (ctx: Context, request: ApiRequest, response: ServerResponse) => Promise<void>;

export interface UpgradeRequest {
  readonly query: Query;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Throws a Refusal as long as nothing was answered, and nothing afterwards. */
export type UpgradeHandler = (request: UpgradeRequest) => Promise<void>;

export interface HttpOptions {
  /** Undefined: all of the machine. */
  readonly address: string | undefined;
  /** 0: any. */
  readonly port: number;
  /** Names beside those of the address, as in the header Host. */
  readonly allowedHosts: readonly string[];
  readonly usesToken: boolean;
  readonly files: ReadonlyMap<string, StaticFile>;
  /** By `<method> <path>`. */
  readonly handlers: Readonly<Record<string, ApiHandler>>;
  /** By path: what becomes a WebSocket. */
  readonly upgrades: Readonly<Record<string, UpgradeHandler>>;
}

export interface HttpServer extends AsyncDisposable {
  /** With the token, where there is one. */
  readonly url: string;
  readonly server: Server;
}

const MOST_BODY_BYTES = 64 * 1024;
const MOST_CONNECTIONS = 256;
const MOST_URL = 8 * 1024;

export async function startHttpServer(ctx: Context, options: HttpOptions): Promise<HttpServer> {
  const server = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 30_000 });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.address, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const { address: own = "localhost" } = options;
  const name = own.includes(":") ? `[${own}]` : own;
  const hosts = [...new Set([...LOOPBACK, name])].map((host) => `${host}:${port}`);
  const guard = new Guard({ hosts: [...hosts, ...options.allowedHosts], usesToken: options.usesToken }, port);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    for (const [header, value] of Object.entries(HEADERS)) response.setHeader(header, value);
    serve(ctx, options, guard, request, response).catch((error: unknown) => refuse(response, refusalOf(ctx, error)));
  });
  // Node counts them no more among its own.
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket);
    socket.on("error", () => socket.destroy()).once("close", () => upgraded.delete(socket));
    upgrade(options, guard, { request, socket, head }).catch((error: unknown) =>
      refuseUpgrade(request, socket, refusalOf(ctx, error)),
    );
  });
  const { token } = guard;
  return {
    server,
    url: `http://${name}:${port}/${token === undefined ? "" : `?token=${token}`}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

async function serve(
  ctx: Context,
  options: HttpOptions,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", headers } = request;
  const asking = { method, headers };
  const { pathname, searchParams } = targetOf(guard, request);
  if (!pathname.startsWith("/api/")) return serveFile(options, guard, asking, { pathname, searchParams }, response);
  letIn(guard, asking, guard.isOwnPage(asking));
  const handler = handlerOf(options, method, pathname, response);
  const { ctx: own, cancel } = withCancel(ctx);
  response.once("close", cancel);
  await handler(own, { query: new Query(searchParams), headers, body: () => readBody(request) }, response);
}

/** A browser lets every page open a WebSocket to anywhere, with the cookies of that place: its own page is the one that says so. */
async function upgrade(
  { upgrades }: HttpOptions,
  guard: Guard,
  { request, socket, head }: Omit<UpgradeRequest, "query">,
): Promise<void> {
  const { method = "", headers } = request;
  const asking = { method, headers };
  const { pathname, searchParams } = targetOf(guard, request);
  letIn(guard, asking, headers.origin !== undefined && guard.isOwnPage(asking));
  const handler = Object.hasOwn(upgrades, pathname) ? upgrades[pathname] : undefined;
  if (handler === undefined || headers.upgrade?.toLowerCase() !== "websocket" || method !== "GET")
    throw new Refusal(400, "there is no such connection here");
  await handler({ query: new Query(searchParams), request, socket, head });
}

/** Throws a Refusal where the server is not called so. */
function targetOf(guard: Guard, { method = "", headers, url: target }: IncomingMessage): URL {
  if (!guard.isKnownHost({ method, headers }))
    throw new Refusal(403, "this server is not called so", { hint: "use the address that liqoctl dashboard printed" });
  const url = (target?.length ?? 0) > MOST_URL ? undefined : requestUrl(target);
  if (url === undefined) throw new Refusal(400, "the request's target is no path, or too long");
  return url;
}

function letIn(guard: Guard, asking: Asking, isOwnPage: boolean): void {
  if (!isOwnPage) throw new Refusal(403, "another page may not ask");
  if (!guard.isLetIn(asking))
    throw new Refusal(401, "who you are is not known", {
      hint: "open the address that `liqoctl dashboard` prints; its token is good for one browser",
    });
}

/** As any other answer; the connection ends with it. */
function refuseUpgrade(request: IncomingMessage, socket: Duplex, refusal: Refusal): void {
  if (!(socket instanceof Socket)) return void socket.destroy();
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  for (const [header, value] of Object.entries(HEADERS)) response.setHeader(header, value);
  response.once("finish", () => socket.end());
  refuse(response, refusal);
}

function handlerOf({ handlers }: HttpOptions, method: string, path: string, response: ServerResponse): ApiHandler {
  const name = `${method} ${path}`;
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (handler !== undefined) return handler;
  const allowed = ["GET", "POST"].filter((each) => Object.hasOwn(handlers, `${each} ${path}`));
  if (allowed.length === 0) throw new Refusal(404, "there is nothing here");
  response.setHeader("Allow", allowed.join(", "));
  throw new Refusal(405, `${allowed.join(" or ")} is what can be asked here`);
}

/** There is nothing secret in them: whoever has no cookie sees a page that may ask nothing. */
function serveFile(
  { files }: HttpOptions,
  guard: Guard,
  { method }: { readonly method: string },
  { pathname, searchParams }: Pick<URL, "pathname" | "searchParams">,
  response: ServerResponse,
): void {
  if (method !== "GET" && method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    throw new Refusal(405, "GET is what can be asked here");
  }
  const token = searchParams.get("token");
  if (pathname === "/" && token !== null && method === "GET") {
    const cookie = guard.exchange(token);
    if (cookie !== undefined) {
      response.writeHead(303, { "Set-Cookie": cookie, Location: "/" }).end();
      return;
    }
    // Whoever comes back by the browser's history has the cookie already.
    response.writeHead(303, { Location: "/" }).end();
    return;
  }
  const file = files.get(pathname);
  if (file === undefined) throw new Refusal(404, "there is nothing here");
  response.writeHead(200, { "Content-Type": file.type, "Content-Length": file.content.length });
  response.end(method === "HEAD" ? undefined : file.content);
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase() !== "application/json")
    throw new Refusal(415, "the body must be application/json");
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BODY_BYTES) throw new Refusal(413, `the body is longer than ${MOST_BODY_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What a cluster refused is told in its words, which name nobody's credentials. */
function refusalOf(ctx: Context, cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  const error = explained(cause);
  // 401 is about the page and this server.
  const isTold = cause instanceof StatusError && cause.code > 401 && cause.code < 500;
  const status = isTold ? cause.code : 502;
  if (error instanceof CliError)
    return new Refusal(status, error.message, { ...(error.hint !== undefined && { hint: error.hint }), cause });
  if (cause instanceof StatusError) return new Refusal(status, cause.message, { cause });
  // A page that is left asks no more.
  if (!isAborted(cause)) ctx.log.warn("request failed", { error: messageOf(error) });
  return new Refusal(500, "that did not work", { cause });
}

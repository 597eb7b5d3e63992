/**
 * Hands a request on to a backend, byte for byte: answers of any length, and upgraded connections of any protocol.
 * Kubernetes: apimachinery/pkg/util/proxy/upgradeaware.go, apiserver/pkg/registry/generic/rest/streamer.go
 */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { request as httpRequest } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { request as httpsRequest } from "node:https";
import type { Duplex, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Context } from "#base/context.ts";
import { badRequest, failure, type StatusError } from "#machinery/status-error.ts";
import type { Backend } from "./kubelet-address.ts";

export interface ForwardTarget {
  readonly backend: Backend;
  /** Path and query on the backend. */
  readonly path: string;
}

/** Of one connection only (RFC 9110 §7.6.1), or the caller's identity towards us: never handed on. */
const NOT_FORWARDED = [
  "authorization",
  "connection",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];
const IDENTITY_HEADER = /^(impersonate-|x-remote-)/;
const BEARER_PROTOCOL = "base64url.bearer.authorization.k8s.io.";
const DIAL_TIMEOUT_MS = 30_000;
/** What of a backend's error text goes into a Status. Kubernetes: genericrest, maxReadLength. */
const ERROR_TEXT_BYTES = 50_000;

/** The answer of a GET to the backend. Ends with the context. Throws a StatusError when it cannot be reached. */
export async function openStream(ctx: Context, { backend, path }: ForwardTarget): Promise<IncomingMessage> {
  const outgoing = dial(ctx, backend, { method: "GET", path, headers: {} });
  outgoing.end();
  const url = `${backend.protocol}//${backend.host}:${backend.port}${path}`;
  return responseOf(outgoing, (cause) =>
    failure(500, "InternalError", `Get ${JSON.stringify(url)}: ${dialProblem(cause)}`),
  );
}

/** The StatusError that a kubelet's refusal becomes; the body is its message. */
export async function refusalOf(
  response: IncomingMessage,
  resource: { group: string; plural: string },
  name: string,
): Promise<StatusError> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    text += chunk;
    if (text.length > ERROR_TEXT_BYTES) break;
  }
  const message = text.trim();
  if (response.statusCode === 400) return badRequest(message);
  if (response.statusCode === 404) {
    return failure(404, "NotFound", `the server could not find the requested resource ( ${resource.plural} ${name})`, {
      name,
    });
  }
  return failure(500, "InternalError", `Internal error occurred: ${message}`);
}

/** Sends the whole request on and the whole answer back. */
export async function forward(
  ctx: Context,
  target: ForwardTarget,
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: ServerResponse | Http2ServerResponse,
): Promise<void> {
  const method = incoming.method ?? "GET";
  const headers = forwardedHeaders(incoming.headers);
  const request = dial(ctx, target.backend, { method, path: target.path, headers });
  const answer = responseOf(request, unavailable);
  const source: Readable = incoming;
  const sending = pipeline(source, request).catch(() => request.destroy());
  const response = await answer;
  const kept = Object.entries(response.headers).filter(([name]) => !NOT_FORWARDED.includes(name));
  startAnswer(outgoing, response.statusCode ?? 502, Object.fromEntries(kept));
  const sink: Writable = outgoing;
  await pipeline(response, sink).catch(() => response.destroy());
  await sending;
}

/** Sends status and headers. Both kinds of response take the same arguments, which their types do not tell. */
export function startAnswer(
  outgoing: ServerResponse | Http2ServerResponse,
  code: number,
  headers: OutgoingHttpHeaders,
): void {
  (outgoing as ServerResponse).writeHead(code, headers);
}

/** Makes the same upgrade at the backend and joins both connections; a refusal is passed back as it is. */
export async function forwardUpgrade(
  ctx: Context,
  target: ForwardTarget,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const headers = {
    ...forwardedHeaders(incoming.headers),
    connection: "Upgrade",
    upgrade: incoming.headers.upgrade ?? "",
  };
  const request = dial(ctx, target.backend, { method: incoming.method ?? "GET", path: target.path, headers });
  request.end();
  const answer = await new Promise<{ response: IncomingMessage; peer?: Duplex; peerHead?: Buffer }>(
    (resolve, reject) => {
      request.once("upgrade", (response, peer, peerHead) => resolve({ response, peer, peerHead }));
      request.once("response", (response) => resolve({ response }));
      request.once("error", (cause) => reject(unavailable(cause)));
    },
  );
  socket.write(formatHead(answer.response));
  if (answer.peer === undefined) {
    await pipeline(answer.response, socket).catch(() => socket.destroy());
    return;
  }
  if (answer.peerHead !== undefined && answer.peerHead.length > 0) socket.write(answer.peerHead);
  if (head.length > 0) answer.peer.write(head);
  await join(ctx, socket, answer.peer);
}

/** Copies both ways until one side is gone; what the other still has to be told is told first. */
function join(ctx: Context, a: Duplex, b: Duplex): Promise<void> {
  const stop = (): void => {
    a.destroy();
    b.destroy();
  };
  ctx.signal.addEventListener("abort", stop, { once: true });
  a.pipe(b);
  b.pipe(a);
  const gone = [follow(a, b), follow(b, a)];
  return Promise.all(gone).then(() => ctx.signal.removeEventListener("abort", stop));
}

/** Resolves when `a` is closed, and lets `b` finish its writing and close. */
function follow(a: Duplex, b: Duplex): Promise<void> {
  return new Promise((resolve) => {
    a.on("error", () => a.destroy());
    a.once("close", () => {
      resolve();
      if (b.destroyed) return;
      if (b.writableFinished) b.destroy();
      else b.end(() => b.destroy());
    });
  });
}

function dial(
  ctx: Context,
  backend: Backend,
  options: { method: string; path: string; headers: OutgoingHttpHeaders },
): ClientRequest {
  const { host, port, protocol, tls } = backend;
  const base = { host, port, ...options, agent: false as const, signal: ctx.signal };
  const request =
    protocol === "http:"
      ? httpRequest(base)
      : httpsRequest({ ...base, ...tls, rejectUnauthorized: tls?.ca !== undefined });
  // Only the dialling has a deadline: a log followed may be silent for hours.
  // biome-ignore lint/plugin: the socket's deadline, by the machine
  const timer = setTimeout(() => request.destroy(new Error("i/o timeout")), DIAL_TIMEOUT_MS);
  const done = (): void => clearTimeout(timer);
  return request.once("response", done).once("upgrade", done).once("close", done);
}

function responseOf(request: ClientRequest, problem: (cause: unknown) => StatusError): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.once("error", (cause) => reject(problem(cause)));
  });
}

function unavailable(cause: unknown): StatusError {
  return failure(500, "InternalError", `error dialing backend: ${dialProblem(cause)}`);
}

/** Node's error in Go's words: `dial tcp 10.0.0.1:10250: connect: connection refused`. */
function dialProblem(cause: unknown): string {
  const { code, address, port, message } = cause as {
    code?: string;
    address?: string;
    port?: number;
    message?: string;
  };
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    EHOSTUNREACH: "no route to host",
    ENETUNREACH: "network is unreachable",
    ETIMEDOUT: "connection timed out",
  };
  const words = known[code ?? ""];
  return words === undefined ? (message ?? String(cause)) : `dial tcp ${address}:${port}: connect: ${words}`;
}

function forwardedHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(
    ([name]) => !name.startsWith(":") && !NOT_FORWARDED.includes(name) && !IDENTITY_HEADER.test(name),
  );
  const result: OutgoingHttpHeaders = Object.fromEntries(kept);
  const protocols = String(result["sec-websocket-protocol"] ?? "");
  if (protocols.includes(BEARER_PROTOCOL)) {
    const names = protocols.split(",").map((name) => name.trim());
    result["sec-websocket-protocol"] = names.filter((name) => !name.startsWith(BEARER_PROTOCOL)).join(", ");
  }
  return result;
}

function formatHead(response: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  const refused = response.statusCode !== 101;
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    const name = response.rawHeaders[i] ?? "";
    // The body of a refusal is sent decoded and ends with the connection.
    if (refused && /^(transfer-encoding|connection|keep-alive)$/i.test(name)) continue;
    lines.push(`${name}: ${response.rawHeaders[i + 1]}`);
  }
  if (refused) lines.push("Connection: close");
  return `${lines.join("\r\n")}\r\n\r\n`;
}

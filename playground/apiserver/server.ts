/**
 * The API server: HTTPS with HTTP/1.1 and HTTP/2 on one port, and the pipeline each request goes through:
 * parse, authenticate, authorize, handle with admission, answer.
 * Kubernetes: staging/src/k8s.io/apiserver/pkg/server/config.go (DefaultBuildHandlerChain)
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { sourceStack } from "#base/stack.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { failure, StatusError } from "#machinery/status-error.ts";
import { Store } from "#playground/store/store.ts";
import { type AuditedRequest, AuditLog } from "./audit.ts";
import { denial } from "./authz/denial.ts";
import type { ApiServerParts, ApiServices } from "./connector.ts";
import type { Call, Core } from "./core.ts";
import { putDefinition, startCustomResources } from "./crd/controller.ts";
import { admitConnect, answer, callFor, connectorRequest, findTarget, type Target } from "./dispatch.ts";
import { startWatch } from "./handlers/watch.ts";
import { NonResourcePaths } from "./non-resource.ts";
import type { BuiltinSchemas } from "./openapi/builtin-schemas.ts";
import { Registry } from "./registry.ts";
import { negotiate, render } from "./representation.ts";
import type { RequestAttributes, UserInfo } from "./request.ts";
import { parseRequestInfo, type RequestInfo } from "./request-info.ts";
import { RequestMetrics } from "./request-metrics.ts";
import { type Incoming, type Outgoing, readBody, sendError, sendObject, statusOf, watchSink } from "./respond.ts";
import { createServices } from "./services.ts";
import type { AnyStrategy } from "./strategy.ts";

// Kubernetes: apiserver/pkg/server/config.go (MaxRequestBodyBytes)
const MAX_BODY_BYTES = 3 * 1024 * 1024;
const SWITCHING_PROTOCOLS = 101;

export interface ApiServerOptions {
  /** The SQLite file that holds everything. */
  readonly storeFile: string;
  readonly host?: string;
  /** 0 or absent: any free port. */
  readonly port?: number;
  /** PEM. */
  readonly tls: { readonly certificate: string; readonly privateKey: string; readonly clientCa: string };
  readonly strategies: readonly AnyStrategy[];
  readonly schemas: BuiltinSchemas;
  /** Authentication, authorization, admission, subresources; called once, before the first request. */
  readonly parts: (services: ApiServices) => ApiServerParts;
  /** Default: that of the machine. */
  readonly clock?: Clock;
  /** Default: Math.random. */
  readonly random?: () => number;
  /** The file to append the audit log to. Absent: none is kept. */
  readonly auditLog?: string;
  /** Into an empty store, as another server has stored them. */
  readonly definitions?: readonly KubeObject[];
}

export interface ApiServer extends AsyncDisposable {
  readonly port: number;
  readonly services: ApiServices;
  readonly registry: Registry;
}

/** Serves until disposed or until `ctx` ends. */
export async function startApiServer(ctx: Context, options: ApiServerOptions): Promise<ApiServer> {
  const { ctx: own, cancel } = withCancel(ctx);
  const store = new Store<KubeObject>(options.storeFile);
  const registry = new Registry();
  for (const strategy of options.strategies) {
    const { group, version, kind } = strategy.resource;
    registry.add({
      strategy,
      schema: () => options.schemas.find({ group, version, kind }),
      custom: false,
      storageVersion: strategy.storageVersion ?? version,
    });
  }
  let parts: ApiServerParts | undefined;
  const core: Core = {
    store,
    registry,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    schemas: options.schemas,
    parts: () => {
      if (parts === undefined) throw failure(503, "ServiceUnavailable", "the server is starting");
      return parts;
    },
  };
  const services = createServices(core);
  parts = options.parts(services);
  for (const connector of parts.connectors) registry.addConnector(connector);
  for (const virtual of parts.virtual) registry.addVirtual(virtual);
  for (const definition of options.definitions ?? []) putDefinition(store, definition);
  startCustomResources(own, core, services.writer);
  const audit = options.auditLog === undefined ? undefined : new AuditLog(options.auditLog, core.clock.epochMs);
  const listener = new Listener(own, core, new NonResourcePaths(core, options.schemas), audit);
  const server = await listen(listener, options);
  const close = async (): Promise<void> => {
    cancel();
    await listener.close(server);
    audit?.[Symbol.dispose]();
    store[Symbol.dispose]();
  };
  let closing: Promise<void> | undefined;
  const dispose = (): Promise<void> => {
    closing ??= close();
    return closing;
  };
  ctx.signal.addEventListener("abort", () => void dispose(), { once: true });
  return { port: (server.address() as AddressInfo).port, services, registry, [Symbol.asyncDispose]: dispose };
}

/** Idle connections are the clients' to close: one closed here may just be carrying the next request. As a cloud's load balancers assume. */
const KEEP_ALIVE_MS = 600_000;

async function listen(listener: Listener, options: ApiServerOptions): Promise<Http2SecureServer> {
  const { certificate, privateKey, clientCa } = options.tls;
  const server = createSecureServer({
    allowHTTP1: true,
    cert: certificate,
    key: privateKey,
    ca: clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    settings: { maxConcurrentStreams: 1000 },
    http1Options: { keepAliveTimeout: KEEP_ALIVE_MS },
  });
  server.setTimeout(0);
  server.on("request", (request, response) => void listener.serve(request, response));
  server.on("upgrade", (request, socket, head) => void listener.upgrade(request, socket, head));
  server.on("secureConnection", (socket: Socket) => listener.track(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, options.host ?? "127.0.0.1", resolve);
  });
  return server;
}

interface Accepted {
  readonly info: RequestInfo;
  readonly user: UserInfo;
  readonly target: Target | undefined;
}

interface Response {
  readonly outgoing: Outgoing;
  readonly warnings: string[];
  readonly audited: AuditedRequest | undefined;
}

class Listener {
  readonly #ctx: Context;
  readonly #core: Core;
  readonly #paths: NonResourcePaths;
  readonly #audit: AuditLog | undefined;
  readonly #metrics = new RequestMetrics();
  readonly #sockets = new Set<Socket>();

  constructor(ctx: Context, core: Core, paths: NonResourcePaths, audit: AuditLog | undefined) {
    this.#ctx = ctx;
    this.#core = core;
    this.#paths = paths;
    this.#audit = audit;
  }

  track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
  }

  async serve(
    incoming: IncomingMessage | Http2ServerRequest,
    outgoing: ServerResponse | Http2ServerResponse,
  ): Promise<void> {
    const info = parseRequestInfo(incoming.method ?? "GET", incoming.url ?? "/");
    const { clock } = this.#core;
    const startMs = clock.nowMs();
    const audited = this.#audit?.received(info, incoming);
    outgoing.on("finish", () => this.#metrics.count(info, outgoing.statusCode, clock.nowMs() - startMs));
    for (const end of ["finish", "close"]) outgoing.on(end, () => audited?.responseComplete(outgoing.statusCode));
    // A client that goes away in the middle is no error of ours.
    outgoing.on("error", (error: Error) => this.#ctx.log.debug("response failed", { path: info.path, error }));
    const warnings: string[] = [];
    try {
      const accepted = await this.#accept(info, incoming, audited);
      await this.#handle(accepted, incoming, { outgoing, warnings, audited });
    } catch (error) {
      const { code } = statusOf(error);
      const failed = { method: info.method, path: info.path };
      // What was said on purpose needs no stack: a webhook did not answer, say.
      if (error instanceof StatusError) {
        if (code === 500) this.#ctx.log.error("request failed", { ...failed, error: error.message });
      } else this.#ctx.log.error("request failed", { ...failed, stack: sourceStack(error) });
      await sendError(outgoing, error, warnings).catch((cause: unknown) => {
        this.#ctx.log.debug("error response failed", { path: info.path, error: messageOf(cause) });
      });
    }
  }

  async upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const info = parseRequestInfo(incoming.method ?? "GET", incoming.url ?? "/");
    const audited = this.#audit?.received(info, incoming);
    let code = SWITCHING_PROTOCOLS;
    socket.on("close", () => audited?.responseComplete(code));
    socket.on("error", (error) => this.#ctx.log.debug("upgraded connection failed", { path: info.path, error }));
    try {
      const { target, user } = await this.#accept(info, incoming, audited);
      if (target?.to !== "stream" || target.connector.upgrade === undefined) {
        throw failure(400, "BadRequest", "this request cannot be upgraded");
      }
      const call = this.#call(target, { info, user, target }, incoming);
      await admitConnect(this.#core, call);
      audited?.responseStarted(SWITCHING_PROTOCOLS);
      await target.connector.upgrade(call.ctx, connectorRequest(call, info.subpath), incoming, socket, head);
    } catch (error) {
      code = statusOf(error).code;
      refuseUpgrade(socket, error);
    }
  }

  /** Who asks and may they; throws 401, 403, 404 or 405. */
  async #accept(info: RequestInfo, incoming: Incoming, audited: AuditedRequest | undefined): Promise<Accepted> {
    const parts = this.#core.parts();
    let user: UserInfo | undefined;
    for (const authenticator of parts.authenticators) {
      user = await authenticator.authenticate(incoming);
      if (user !== undefined) break;
    }
    if (user === undefined) throw failure(401, "Unauthorized", "Unauthorized");
    const attributes = attributesOf(info, user);
    const decision = parts.authorizer.authorize(attributes);
    audited?.authorized(attributes, decision);
    if (!decision.allowed) throw denial(attributes, decision.reason);
    return { info, user, target: info.isResource ? findTarget(this.#core, info) : undefined };
  }

  async #handle(accepted: Accepted, incoming: Incoming, { outgoing, warnings, audited }: Response): Promise<void> {
    const { info, target } = accepted;
    if (target === undefined) {
      await this.#paths.serve({ info, incoming, outgoing, metrics: this.#metrics });
      return;
    }
    const plain = this.#call(target, accepted, incoming);
    warnings.push(...plain.warnings);
    const call = { ...plain, warnings, annotate: audited?.annotate };
    if (target.to === "stream") {
      await admitConnect(this.#core, call);
      await target.connector.respond(call.ctx, connectorRequest(call, info.subpath), incoming, outgoing);
      return;
    }
    const { strategy } = call.served;
    const representation = negotiate(String(incoming.headers.accept ?? ""), info.query);
    const show = (body: object): object =>
      render(body, { strategy, representation, nowMs: this.#core.clock.epochMs() });
    if (call.verb === "watch") {
      startWatch(this.#core, call, lazySink(outgoing, namedOnce(show)));
      audited?.responseStarted(200);
      return;
    }
    const { code, body } = await answer(this.#core, call, target);
    const acceptsGzip = String(incoming.headers["accept-encoding"] ?? "").includes("gzip");
    await sendObject(outgoing, { code, body: show(body), yaml: representation.yaml, warnings, acceptsGzip });
  }

  #call(target: Target, { info, user }: Accepted, incoming: Incoming): Call {
    const body = (): Promise<Buffer> => readBody(incoming, MAX_BODY_BYTES);
    return callFor(this.#core, target, info, { ctx: this.#ctx, user, headers: incoming.headers, body });
  }

  close(server: Http2SecureServer): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }
}

/** Of the tables of one watch the first alone says what its columns are. */
function namedOnce(show: (body: object) => object): (body: object) => object {
  let isNamed = false;
  return (body) => {
    const shown = show(body);
    if (!("columnDefinitions" in shown)) return shown;
    const frame = isNamed ? { ...shown, columnDefinitions: null } : shown;
    isNamed = true;
    return frame;
  };
}

/** Response headers of a watch go out only once the request was found to be good. */
function lazySink(outgoing: Outgoing, show: (object: object) => object): ReturnType<typeof watchSink> {
  let sink: ReturnType<typeof watchSink> | undefined;
  const open = (): ReturnType<typeof watchSink> => {
    sink ??= watchSink(outgoing, show);
    return sink;
  };
  return {
    send: (type, object) => open().send(type, object),
    end: () => open().end(),
    get signal() {
      return open().signal;
    },
  };
}

function attributesOf(info: RequestInfo, user: UserInfo): RequestAttributes {
  const { verb, isResource, group, version, plural, subresource, namespace, path } = info;
  return { user, verb, isResource, group, version, plural, subresource, namespace, name: selectedName(info), path };
}

/** A list or watch of one name by field selector is authorized as that name. */
function selectedName(info: RequestInfo): string {
  if (info.name !== "" || (info.verb !== "list" && info.verb !== "watch")) return info.name;
  const match = /^metadata\.name==?([^,=!]+)$/.exec(info.query.get("fieldSelector") ?? "");
  return match?.[1] ?? "";
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { status, code } = statusOf(error);
  const body = JSON.stringify(status);
  if (!socket.writable) return;
  socket.end(
    `HTTP/1.1 ${code} ${status.reason ?? "Error"}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

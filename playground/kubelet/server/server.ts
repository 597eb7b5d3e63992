/** The node's HTTPS API on port 10250, which the API server calls for logs, exec, attach and port-forward. Kubernetes: pkg/kubelet/server/server.go */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type Context, withCancel } from "#base/context.ts";
import { hasCode, messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { AccessControl } from "#kube/kubelet-server/access.ts";
import { Refused } from "#kube/kubelet-server/refused.ts";
import { requestUrl } from "#wire/request-url.ts";
import { refuseUpgrade } from "#wire/upgrade.ts";
import { logPathOf } from "../container/start-container.ts";
import type { NodeDeps } from "../pod/deps.ts";
import { isRunning } from "../pod/record.ts";
import type { PodWorker } from "../pod/worker.ts";
import { execToEnd } from "../runtime/exec.ts";
import { findSandbox } from "../sandbox/sandbox.ts";
import { parseLogOptions, sendLog } from "./logs.ts";
import { podMetrics, resourceMetrics, summary } from "./stats.ts";
import { serveAttach, serveExec, serveForward } from "./streams.ts";

export interface ServerTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** Whose client certificates are trusted. */
  readonly clientCa: string;
}

export interface ServerOptions {
  readonly deps: NodeDeps;
  readonly workers: ReadonlyMap<string, PodWorker>;
  readonly client: KubeClient;
  readonly tls: ServerTls;
  readonly address: string;
  readonly port: number;
}

export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

const RUN_DEADLINE_MS = 60_000;

export async function startKubeletServer(ctx: Context, options: ServerOptions): Promise<KubeletServer> {
  const { tls, address, port } = options;
  const access = new AccessControl({
    client: options.client,
    node: options.deps.node.name,
    hasTokens: true,
    clock: options.deps.clock,
  });
  const server = createServer({
    cert: tls.certificate,
    key: tls.privateKey,
    ca: tls.clientCa,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.setTimeout(0);
  server.on("request", (request, response) => void answer(ctx, options, access, request, response));
  server.on("upgrade", (request, socket, head) => void upgrade(ctx, options, access, { request, socket, head }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  ctx: Context,
  options: ServerOptions,
  access: AccessControl,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { ctx: own, cancel } = withCancel(ctx);
  response.on("close", cancel);
  try {
    const url = urlOf(request);
    if (url.pathname !== "/healthz") await access.check(own, request);
    await route(own, options, url, response);
  } catch (error) {
    const code = error instanceof Refused ? error.code : 500;
    if (!response.headersSent) response.writeHead(code, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(messageOf(error));
  } finally {
    cancel();
  }
}

function urlOf(request: IncomingMessage): URL {
  const url = requestUrl(request.url);
  if (url === undefined) throw new Refused(400, `the request's target ${JSON.stringify(request.url)} is no path`);
  return url;
}

async function route(ctx: Context, options: ServerOptions, url: URL, response: ServerResponse): Promise<void> {
  const [, verb, namespace = "", name = "", ...rest] = url.pathname.split("/");
  const workers = options.workers.values();
  if (verb === "healthz") return sendText(response, "ok");
  if (verb === "pods")
    return sendJson(response, {
      kind: "PodList",
      apiVersion: "v1",
      metadata: {},
      items: [...workers].map((w) => w.pod),
    });
  if (url.pathname === "/stats/summary") return sendJson(response, summary(options.deps, workers));
  if (url.pathname === "/metrics/resource") return sendText(response, resourceMetrics(options.deps, workers));
  if (url.pathname === "/metrics") return sendText(response, podMetrics(options.workers.size));
  if (verb === "containerLogs")
    return sendLogs(ctx, options, { namespace, name, container: rest.at(-1) ?? "", query: url.searchParams }, response);
  if (verb === "run") {
    const { id } = findContainer(options, { namespace, name, container: rest.at(-1) ?? "" });
    const command = url.searchParams.getAll("cmd").flatMap((cmd) => cmd.split(" "));
    return sendText(response, (await execToEnd(options.deps, id, command, RUN_DEADLINE_MS)).output);
  }
  throw new Refused(404, "404 page not found");
}

interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
}

async function sendLogs(
  ctx: Context,
  options: ServerOptions,
  target: Target & { query: URLSearchParams },
  response: ServerResponse,
): Promise<void> {
  const worker = findWorker(options, target.namespace, target.name);
  const state = worker.record.containers[target.container];
  const isPrevious = target.query.get("previous") === "true";
  const where = `container "${target.container}" in pod "${target.name}"`;
  if (state?.current === undefined)
    throw new Refused(400, `${where} is waiting to start: ${state?.waiting?.reason ?? "ContainerCreating"}`);
  const attempt = isPrevious ? state.restarts - 1 : state.restarts;
  if (attempt < 0) throw new Refused(400, `previous terminated ${where} not found`);
  const path = logPathOf(options.deps, worker.pod, target.container, attempt);
  const isSameRun = (): boolean => {
    const present = worker.record.containers[target.container];
    return !isPrevious && present !== undefined && present.restarts === attempt && isRunning(present);
  };
  response.writeHead(200, { "Content-Type": "text/plain", "Transfer-Encoding": "chunked" });
  response.flushHeaders();
  try {
    const { clock } = options.deps;
    const to = { output: response, isRunning: isSameRun, clock };
    await sendLog(ctx, path, parseLogOptions(target.query, clock.epochMs()), to);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  response.end();
}

async function upgrade(
  ctx: Context,
  options: ServerOptions,
  access: AccessControl,
  on: { request: IncomingMessage; socket: Duplex; head: Buffer },
): Promise<void> {
  on.socket.on("error", () => on.socket.destroy());
  try {
    await access.check(ctx, on.request);
    const url = urlOf(on.request);
    const [, verb, namespace = "", name = "", ...rest] = url.pathname.split("/");
    const work = { ...on, query: url.searchParams };
    if (verb === "portForward") {
      const worker = findWorker(options, namespace, name);
      const sandbox = findSandbox(`${options.deps.podsDirectory}/${worker.uid}/sandbox`);
      if (sandbox === undefined) throw new Refused(400, `pod ${namespace}/${name} is not running`);
      return await serveForward(sandbox.network, work);
    }
    const { id } = findContainer(options, { namespace, name, container: rest.at(-1) ?? "" });
    if (verb === "exec") return await serveExec(options.deps.runtime, id, work);
    if (verb === "attach") return await serveAttach(options.deps.runtime, id, work);
    throw new Refused(404, "404 page not found");
  } catch (error) {
    refuseUpgrade(
      on.socket,
      error instanceof Refused ? `${error.code} ${titleOf(error.code)}` : "500 Internal Server Error",
      messageOf(error),
    );
  }
}

function findWorker(options: ServerOptions, namespace: string, name: string): PodWorker {
  for (const worker of options.workers.values()) {
    if (worker.pod.metadata?.namespace === namespace && worker.pod.metadata.name === name) return worker;
  }
  throw new Refused(404, `pod "${name}" not found`);
}

function findContainer(options: ServerOptions, { namespace, name, container }: Target): { id: string } {
  const state = findWorker(options, namespace, name).record.containers[container];
  if (state?.current === undefined || !isRunning(state)) throw new Refused(404, `container not found ("${container}")`);
  return { id: state.current.id };
}

function titleOf(code: number): string {
  return { 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found" }[code] ?? "Error";
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
}

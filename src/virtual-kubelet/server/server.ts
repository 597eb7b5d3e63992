/**
 * The kubelet's HTTPS API for the pods of a virtual node; each call goes on to the provider's API server.
 * Upstream: cmd/virtual-kubelet/root/http.go. Kubernetes: pkg/kubelet/server/server.go
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Pod } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { AccessControl } from "#kube/kubelet-server/access.ts";
import { Refused } from "#kube/kubelet-server/refused.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { StatusError } from "#machinery/status-error.ts";
import { requestUrl } from "#wire/request-url.ts";
import { refuseUpgrade, UpgradeError } from "#wire/upgrade.ts";
import type { VirtualKubeletSettings } from "../settings.ts";
import { keepCertificate, selfSigned } from "./certificate.ts";
import { CpuSeconds } from "./cpu-seconds.ts";
import { forwardMetrics, resourceMetrics, summary } from "./stats.ts";
import { forwardCommand, forwardLogs, forwardPorts } from "./streams.ts";

export interface ServerOptions {
  readonly settings: VirtualKubeletSettings;
  readonly local: KubeClient;
  readonly provider: () => KubeClient | undefined;
  readonly localPods: Informer<Pod>;
  /** undefined: not offloaded. */
  readonly remoteNamespace: (namespace: string) => string | undefined;
  readonly clock: Clock;
}

export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

export async function startKubeletServer(ctx: Context, options: ServerOptions): Promise<KubeletServer> {
  const { ctx: own, cancel } = withCancel(ctx);
  const { settings, local } = options;
  const { ca } = local.transport.config;
  const serving: Serving = { ...options, cpu: new CpuSeconds() };
  const access = new AccessControl({ client: local, node: settings.nodeName, hasTokens: false, clock: options.clock });
  const identity = await selfSigned(settings);
  const trust = ca === undefined ? {} : { ca };
  const server = createServer({
    cert: identity.certificate,
    key: identity.privateKey,
    ...trust,
    requestCert: ca !== undefined,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
  });
  server.setTimeout(0);
  server.on("request", (request, response) => void answer(own, serving, access, { request, response }));
  server.on("upgrade", (request, socket, head) => void upgrade(own, options, access, { request, socket, head }));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.listenPort, "0.0.0.0", resolve);
  });
  const renewal =
    settings.certificateType === "kubelet"
      ? keepCertificate(own, { client: local, settings, clock: options.clock }, ({ certificate, privateKey }) =>
          server.setSecureContext({ cert: certificate, key: privateKey, ...trust, minVersion: "TLSv1.2" }),
        )
      : Promise.resolve();
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      cancel();
      await renewal;
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Serving extends ServerOptions {
  readonly cpu: CpuSeconds;
}

async function answer(
  ctx: Context,
  options: Serving,
  access: AccessControl,
  { request, response }: Call,
): Promise<void> {
  const { ctx: own, cancel } = withCancel(ctx);
  response.on("close", cancel);
  try {
    const url = urlOf(request);
    if (url.pathname !== "/healthz") await access.check(own, request);
    await route(own, options, url, response);
  } catch (error) {
    if (!response.headersSent) response.writeHead(codeOf(error), { "Content-Type": "text/plain; charset=utf-8" });
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

async function route(ctx: Context, options: Serving, url: URL, response: ServerResponse): Promise<void> {
  const { localPods } = options;
  const [, verb = "", namespace = "", name = "", ...rest] = url.pathname.split("/");
  if (verb === "healthz") return sendText(response, "ok");
  if (verb === "pods")
    return sendJson(response, { kind: "PodList", apiVersion: "v1", metadata: {}, items: localPods.store.list() });
  if (url.pathname === "/stats/summary") return sendJson(response, await summary(ctx, options));
  if (url.pathname === "/metrics/resource") return sendText(response, await resourceMetrics(ctx, options, options.cpu));
  if (verb === "metrics") return forwardMetrics(ctx, options, url.pathname, response);
  if (verb === "containerLogs") {
    const target = findRemote(options, { namespace, name });
    return forwardLogs(ctx, target, { container: rest.at(-1) ?? "", query: url.searchParams }, response);
  }
  throw new Refused(404, "404 page not found");
}

interface UpgradeCall {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function upgrade(ctx: Context, options: ServerOptions, access: AccessControl, call: UpgradeCall): Promise<void> {
  call.socket.on("error", () => call.socket.destroy());
  try {
    await access.check(ctx, call.request);
    const url = urlOf(call.request);
    const [, verb = "", namespace = "", name = "", ...rest] = url.pathname.split("/");
    const target = findRemote(options, { namespace, name });
    const query = url.searchParams;
    if (verb === "portForward") return await forwardPorts(ctx, target, call);
    if (verb === "exec" || verb === "attach")
      return await forwardCommand(ctx, target, { verb, container: rest.at(-1) ?? "", query }, call);
    throw new Refused(404, "404 page not found");
  } catch (error) {
    const code = codeOf(error);
    const body = error instanceof UpgradeError && error.body !== "" ? error.body : messageOf(error);
    refuseUpgrade(call.socket, `${code} ${TITLES[code] ?? "Error"}`, body);
  }
}

/** A pod at the provider, and how to get there. */
export interface RemotePod {
  readonly client: KubeClient;
  readonly key: ObjectKey;
}

function findRemote(options: ServerOptions, { namespace = "", name }: ObjectKey): RemotePod {
  const remote = options.remoteNamespace(namespace);
  const pod = options.localPods.store.get({ namespace, name });
  if (remote === undefined || pod === undefined) throw new Refused(404, `pod "${namespace}/${name}" not found`);
  const client = options.provider();
  if (client === undefined) throw new Refused(503, "the provider is not connected yet");
  return { client, key: { namespace: remote, name } };
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  503: "Service Unavailable",
};

function codeOf(error: unknown): number {
  if (error instanceof Refused || error instanceof StatusError) return error.code;
  if (error instanceof UpgradeError) return error.status ?? 503;
  return 500;
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
}

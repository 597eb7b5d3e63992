/** Logs, exec, attach and port-forward, handed on to the provider's API server. Upstream: pkg/virtualKubelet/reflection/workload/podns.go (Exec, Attach, Logs, PortForward) */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import type { Context } from "#base/context.ts";
import { objectPath } from "#kube/client/client.ts";
import { pods } from "#machinery/builtin.ts";
import { dialPortForward } from "#wire/port-forward/client.ts";
import { servePortForward } from "#wire/port-forward/server.ts";
import { dialRemoteCommand, type RemoteCommand } from "#wire/remote-command/client.ts";
import { type ExecStreams, parseExecOptions } from "#wire/remote-command/exec-streams.ts";
import { serveRemoteCommand } from "#wire/remote-command/server.ts";
import type { DialOptions } from "#wire/upgrade.ts";
import type { RemotePod } from "./server.ts";

interface Target {
  readonly container: string;
  readonly query: URLSearchParams;
}

interface UpgradeCall {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

export async function forwardLogs(
  ctx: Context,
  { client, key }: RemotePod,
  { container, query }: Target,
  response: ServerResponse,
): Promise<void> {
  const options = { ...Object.fromEntries(query), container };
  const body = await client.stream(ctx, objectPath(pods, key, "log"), options);
  response.writeHead(200, { "Content-Type": body.headers["content-type"] ?? "text/plain" });
  response.flushHeaders();
  // The caller leaves, or the provider does: both end the log, and there is nobody left to be told.
  await pipeline(body, response).catch(() => response.destroy());
}

/** The provider's refusal is told before the upgrade, with its own status. */
export async function forwardCommand(
  ctx: Context,
  remote: RemotePod,
  target: Target & { readonly verb: "exec" | "attach" },
  { request, socket, head }: UpgradeCall,
): Promise<void> {
  const options = parseExecOptions(target.query);
  const { stdin, stdout, stderr, tty } = options;
  const query = {
    container: target.container,
    ...(target.verb === "exec" && { command: target.query.getAll("command") }),
    stdin,
    stdout,
    stderr,
    tty,
  };
  const command = await dialRemoteCommand(dialOptions(ctx, remote, target.verb, query), options);
  try {
    await serveRemoteCommand(request, socket, head, options, (streams) => join(streams, command));
  } finally {
    command.close();
  }
}

async function join(streams: ExecStreams, command: RemoteCommand): Promise<void> {
  streams.signal.addEventListener("abort", () => command.close(), { once: true });
  if (streams.stdin !== undefined && command.stdin !== undefined) {
    command.stdin.on("error", () => undefined);
    streams.stdin.pipe(command.stdin);
  }
  void followSize(streams, command);
  const outputs = [copy(command.stdout, streams.stdout), copy(command.stderr, streams.stderr)];
  const result = await command.result;
  await Promise.all(outputs);
  streams.status(result);
}

async function copy(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (from === undefined) return;
  if (to === undefined) from.resume();
  else from.pipe(to, { end: false });
  // A connection that breaks ends the output, too; the result says so.
  await finished(from).catch(() => undefined);
}

async function followSize(streams: ExecStreams, command: RemoteCommand): Promise<void> {
  for await (const size of streams.resize ?? []) command.resize(size);
}

export async function forwardPorts(ctx: Context, remote: RemotePod, call: UpgradeCall): Promise<void> {
  await using connection = await dialPortForward(dialOptions(ctx, remote, "portforward", {}));
  void connection.closed.then(() => call.socket.destroy());
  await servePortForward(call.request, call.socket, call.head, (port) => connection.connect(port));
}

function dialOptions(
  ctx: Context,
  { client, key }: RemotePod,
  subresource: string,
  query: Readonly<Record<string, string | boolean | readonly string[]>>,
): DialOptions {
  const { transport } = client;
  return {
    url: transport.url(objectPath(pods, key, subresource), query).href,
    headers: transport.authHeaders(),
    tls: transport.tlsOptions(),
    agent: transport.proxyAgent,
    signal: ctx.signal,
  };
}

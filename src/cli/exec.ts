/** Commands in pods, as `kubectl exec` runs them. */
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Context } from "#base/context.ts";
import { type KubeClient, objectPath } from "#kube/client/client.ts";
import { pods } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { dialRemoteCommand, type RemoteCommand } from "#wire/remote-command/client.ts";

export interface ExecWishes {
  /** Whether it is to be open. */
  readonly stdin: boolean;
  /** A terminal, whose output is all of it: there is no standard error then. */
  readonly tty?: boolean;
  /** Default: the first one. */
  readonly container?: string;
}

/** What it prints must be read. */
export function dialExec(
  ctx: Context,
  { transport }: KubeClient,
  key: ObjectKey,
  command: readonly string[],
  { stdin, tty = false, container }: ExecWishes,
): Promise<RemoteCommand> {
  const options = { stdin, stdout: true, stderr: !tty, tty };
  const dial = {
    url: transport.url(objectPath(pods, key, "exec"), { ...options, container, command }).href,
    headers: transport.authHeaders(),
    tls: transport.tlsOptions(),
    agent: transport.proxyAgent,
    signal: ctx.signal,
  };
  return dialRemoteCommand(dial, options);
}

/** Its standard output. Throws when it could not be run, or fails: with its standard error. */
export async function execInPod(
  ctx: Context,
  client: KubeClient,
  key: ObjectKey,
  command: readonly string[],
): Promise<string> {
  const session = await dialExec(ctx, client, key, command, { stdin: false });
  const onAbort = (): void => session.close();
  ctx.signal.addEventListener("abort", onAbort, { once: true });
  try {
    const [stdout, stderr, result] = await Promise.all([read(session.stdout), read(session.stderr), session.result]);
    if ("error" in result) throw new Error(result.error);
    if (result.exitCode !== 0) throw new Error(stderr.trim() || `exit ${result.exitCode}`);
    return stdout;
  } finally {
    ctx.signal.removeEventListener("abort", onAbort);
    session.close();
  }
}

/** A connection that breaks ends the output, too; the result says so. */
async function read(stream: Readable | undefined): Promise<string> {
  if (stream === undefined) return "";
  return text(stream).catch(() => "");
}

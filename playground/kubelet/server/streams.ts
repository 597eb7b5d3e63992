/** exec, attach and port-forward into the pods of this node. Kubernetes: pkg/kubelet/server/server.go */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { Duplex } from "node:stream";
import { servePortForward } from "#wire/port-forward/server.ts";
import { type ExecStreams, parseExecOptions } from "#wire/remote-command/exec-streams.ts";
import { serveRemoteCommand } from "#wire/remote-command/server.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import { startExec } from "../runtime/exec.ts";
import { DIAL } from "../runtime/perl-bridges.ts";
import { type ScreenedOutput, screenOutput } from "./exec-refusal.ts";

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly query: URLSearchParams;
}

export async function serveExec(runtime: ContainerRuntime, id: string, upgrade: Upgrade): Promise<void> {
  const options = parseExecOptions(upgrade.query);
  const command = upgrade.query.getAll("command");
  await serveRemoteCommand(upgrade.request, upgrade.socket, upgrade.head, options, async (streams) => {
    if (command.length === 0) return streams.status({ error: "you must specify at least 1 command for the container" });
    const { child, kill } = startExec(runtime, id, command, options.tty);
    streams.signal.addEventListener("abort", kill, { once: true });
    const control = child.stdio[3];
    if (options.tty && control !== null && control !== undefined && "write" in control) {
      // A size may come when the command is over.
      control.on("error", () => undefined);
      void followSize(streams, (rows, columns) => control.write(`${rows} ${columns}\n`));
    }
    const screened = pipeStreams(streams, child, options.tty ? "stdout" : "stderr");
    const exitCode = await exitOf(child);
    const why = screened?.refusal(exitCode);
    return streams.status(why === undefined ? { exitCode } : { error: execFailure(why) });
  });
}

export async function serveAttach(runtime: ContainerRuntime, id: string, upgrade: Upgrade): Promise<void> {
  const options = parseExecOptions(upgrade.query);
  await serveRemoteCommand(upgrade.request, upgrade.socket, upgrade.head, options, async (streams) => {
    const [program = "", ...rest] = runtime.attachCommand(id);
    const child = spawn(program, rest, { stdio: "pipe" });
    streams.signal.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
    if (options.tty) void followSize(streams, (rows, columns) => runtime.resize(id, rows, columns));
    pipeStreams(streams, child);
    await exitOf(child);
    streams.status({ exitCode: 0 });
  });
}

/** Connections are made from inside the pod's namespace, so that servers on its loopback are reached too. */
export async function serveForward(network: string | undefined, upgrade: Upgrade): Promise<void> {
  await servePortForward(upgrade.request, upgrade.socket, upgrade.head, (port) =>
    network === undefined ? dialHere(port) : dialInside(network, port),
  );
}

/** As containerd and the kubelet word it together. */
function execFailure(why: string): string {
  const id = randomBytes(32).toString("hex");
  const runtime = `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: ${why}: unknown`;
  return `Internal error occurred: error executing command in container: ${runtime}`;
}

/** `screen`: where the runtime's own words would come, if the command cannot be started. */
function pipeStreams(
  streams: ExecStreams,
  child: ReturnType<typeof spawn>,
  screen?: "stdout" | "stderr",
): ScreenedOutput | undefined {
  child.stdin?.on("error", () => undefined);
  if (child.stdin !== null) {
    if (streams.stdin === undefined) child.stdin.end();
    else streams.stdin.pipe(child.stdin);
  }
  let screened: ScreenedOutput | undefined;
  for (const name of ["stdout", "stderr"] as const) {
    const [source, target] = [child[name], streams[name]];
    if (source === null) continue;
    if (target === undefined) source.resume();
    else if (name === screen) screened = screenOutput(source, target);
    else source.pipe(target, { end: false });
  }
  return screened;
}

function exitOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 137));
  });
}

async function followSize(streams: ExecStreams, resize: (rows: number, columns: number) => void): Promise<void> {
  for await (const { width, height } of streams.resize ?? []) resize(height, width);
}

function dialHere(port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    socket.on("connect", () => resolve(socket));
    socket.on("error", reject);
  });
}

/** A socket of another namespace can only be opened by a process in it: a small copier, found on every Debian. */
async function dialInside(network: string, port: number): Promise<Duplex> {
  const child = spawn("nsenter", [`--net=${network}`, "perl", "-e", DIAL, "--", String(port)], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let why = "";
  child.stderr.on("data", (chunk: Buffer) => {
    why += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => {
    child.stderr.once("data", (chunk: Buffer) =>
      chunk.toString().startsWith("ok") ? resolve() : reject(new Error(chunk.toString().trim())),
    );
    child.once("error", reject);
    child.once("close", () => reject(new Error(why.trim() === "" ? `connection to port ${port} failed` : why.trim())));
  });
  const duplex = Duplex.from({ readable: child.stdout, writable: child.stdin });
  duplex.once("close", () => child.kill("SIGKILL"));
  return duplex;
}

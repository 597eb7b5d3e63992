/** Further processes in a running container: for hooks, probes and `kubectl exec`. The container's own user, environment and limits apply. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import { PTY_BRIDGE } from "./perl-bridges.ts";

export interface ExecResult {
  readonly code: number;
  /** Both streams as they came, cut after 10 KiB (Kubernetes: pkg/probe/exec). */
  readonly output: string;
  readonly timedOut: boolean;
}

const MAX_OUTPUT_BYTES = 10_240;

export interface ExecChild {
  readonly child: ChildProcess;
  /** Ends the process inside the container, not only the one that waits for it. */
  kill(): void;
}

/** Starts the command; with a terminal, standard error is empty and fd 3 takes lines `<rows> <columns>`. */
export function startExec(runtime: ContainerRuntime, id: string, args: readonly string[], tty: boolean): ExecChild {
  const file = join(runtime.bundle(id), `exec-${randomUUID()}`);
  const config = JSON.parse(readFileSync(join(runtime.bundle(id), "config.json"), "utf8")) as { process: object };
  const env = (config.process as { env?: string[] }).env ?? [];
  const withTerm = tty && !env.some((line) => line.startsWith("TERM=")) ? [...env, "TERM=xterm"] : env;
  writeFileSync(`${file}.json`, JSON.stringify({ ...config.process, args, terminal: tty, env: withTerm }));
  const command = runtime.execCommand(id, `${file}.json`, { tty, pidFile: `${file}.pid` });
  const [program = "", ...rest] = tty ? ["perl", "-e", PTY_BRIDGE, "--", ...command] : command;
  const child = spawn(program, rest, { stdio: tty ? ["pipe", "pipe", "pipe", "pipe"] : "pipe" });
  const clean = (): void => {
    for (const suffix of ["json", "pid"]) rmSync(`${file}.${suffix}`, { force: true });
  };
  child.on("close", clean);
  child.on("error", clean);
  return { child, kill: () => killInside(child, `${file}.pid`) };
}

/** Runs the command to its end, or kills it after `timeoutMs`. */
export function execToEnd(
  { runtime, clock }: { readonly runtime: ContainerRuntime; readonly clock: Clock },
  id: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const { child, kill } = startExec(runtime, id, args, false);
    let output = "";
    let timedOut = false;
    const cancel = clock.after(timeoutMs, () => {
      timedOut = true;
      kill();
      // What it has started itself may live on, and hold its output open.
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
    const collect = (chunk: Buffer): void => {
      if (output.length < MAX_OUTPUT_BYTES) output += chunk.toString("utf8");
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.stdin?.on("error", () => undefined).end();
    child.on("error", (error) => {
      cancel();
      reject(error);
    });
    child.on("close", (code) => {
      cancel();
      resolve({ code: code ?? 137, output: output.slice(0, MAX_OUTPUT_BYTES), timedOut });
    });
  });
}

function killInside(child: ChildProcess, pidFile: string): void {
  try {
    process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
  } catch {
    // Not started yet or over already: only the waiting process is left to end.
    child.kill("SIGKILL");
  }
}

/**
 * Runs ip, nft, wg and wireguard-go, in this process's network namespace or behind a prefix such as `nsenter --net=…`.
 * The prefix is how tests and the lab reach another namespace; in pods it is empty.
 */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Context } from "#base/context.ts";
import { RunError, run } from "#base/run.ts";

export interface Tools {
  /** The standard output of `argv`; throws RunError. */
  run(ctx: Context, argv: readonly string[], input?: string): Promise<string>;
  /** What goes on until it ends or is ended. */
  start(argv: readonly string[], env?: Readonly<Record<string, string>>): ToolProcess;
}

export interface ToolProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it has ended, or could not be started; never rejects. */
  readonly ended: Promise<void>;
  readonly isRunning: boolean;
  kill(signal: "SIGTERM" | "SIGKILL"): void;
}

// A tool that talks to the kernel answers in milliseconds; one that hangs must not stop the agent for good.
const DEADLINE_MS = 20_000;

export function systemTools(prefix: readonly string[] = []): Tools {
  return {
    async run(ctx, argv, input) {
      const [file = "", ...args] = [...prefix, ...argv];
      const options = { timeoutMs: DEADLINE_MS, signal: ctx.signal, ...(input !== undefined && { input }) };
      return (await run(file, args, options)).stdout;
    },
    start(argv, env = {}) {
      const [file = "", ...args] = [...prefix, ...argv];
      return startProcess(file, args, env);
    },
  };
}

function startProcess(file: string, args: readonly string[], env: Readonly<Record<string, string>>): ToolProcess {
  const child = spawn(file, [...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let isRunning = true;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      isRunning = false;
      resolve();
    };
    child.once("close", end).on("error", end);
  });
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    get isRunning() {
      return isRunning;
    },
    kill: (signal) => void child.kill(signal),
  };
}

/** As `run` with JSON output; the empty output that iproute2 prints for "nothing" is an empty list. */
export async function runJson<T>(ctx: Context, tools: Tools, argv: readonly string[]): Promise<T[]> {
  const text = (await tools.run(ctx, argv)).trim();
  return text === "" ? [] : (JSON.parse(text) as T[]);
}

export interface BatchFailure {
  /** Index into the lines that were given. */
  readonly line: number;
  readonly message: string;
}

/** Executes all lines with one `ip -batch`, going on after failures, and says which failed and why. */
export async function ipBatch(ctx: Context, tools: Tools, lines: readonly string[]): Promise<BatchFailure[]> {
  if (lines.length === 0) return [];
  try {
    await tools.run(ctx, ["ip", "-force", "-batch", "-"], `${lines.join("\n")}\n`);
    return [];
  } catch (error) {
    const failures = error instanceof RunError ? parseBatchFailures(error.stderr) : [];
    if (failures.length === 0) throw error;
    return failures;
  }
}

/** iproute2 prints the reason, then `Command failed -:<line>`. */
export function parseBatchFailures(stderr: string): BatchFailure[] {
  const failures: BatchFailure[] = [];
  let reason: string[] = [];
  for (const text of stderr.split("\n")) {
    const match = /^Command failed -:(\d+)/.exec(text);
    if (match === null) {
      if (text.trim() !== "") reason.push(text.trim());
      continue;
    }
    failures.push({ line: Number(match[1]) - 1, message: reason.join(" ") || "command failed" });
    reason = [];
  }
  return failures;
}

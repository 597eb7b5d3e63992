/**
 * Runs ip, nft, wg and wireguard-go, in this process's network namespace or behind a prefix such as `nsenter --net=…`.
 * The prefix is how tests and the lab reach another namespace; in pods it is empty.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Context } from "#base/context.ts";
import { RunError, run } from "#base/run.ts";

export interface Tools {
  readonly prefix: readonly string[];
}

export const LOCAL_TOOLS: Tools = { prefix: [] };

// A tool that talks to the kernel answers in milliseconds; one that hangs must not stop the agent for good.
const DEADLINE_MS = 20_000;

/** The standard output of `argv`; throws RunError. */
export async function runTool(ctx: Context, tools: Tools, argv: readonly string[], input?: string): Promise<string> {
  const [file = "", ...args] = [...tools.prefix, ...argv];
  const options = { timeoutMs: DEADLINE_MS, signal: ctx.signal, ...(input !== undefined && { input }) };
  return (await run(file, args, options)).stdout;
}

/** As runTool with JSON output; the empty output that iproute2 prints for "nothing" is an empty list. */
export async function runJson<T>(ctx: Context, tools: Tools, argv: readonly string[]): Promise<T[]> {
  const text = (await runTool(ctx, tools, argv)).trim();
  return text === "" ? [] : (JSON.parse(text) as T[]);
}

export function startTool(
  tools: Tools,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const [file = "", ...args] = [...tools.prefix, ...argv];
  return spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
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
    await runTool(ctx, tools, ["ip", "-force", "-batch", "-"], `${lines.join("\n")}\n`);
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

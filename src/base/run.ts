/**
 * Runs a system tool with an argument vector, never through a shell.
 * Used for ip, nft, wg, helm, …; long-running daemons are the supervisor's business.
 */
import { spawn } from "node:child_process";

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Told what the tool writes to standard error, as it comes. */
  readonly onError?: (text: string) => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** A tool that could not be started, was ended by the deadline, or exited with a status other than 0. */
export class RunError extends Error {
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: string, exitCode: number | undefined, stderr: string, cause?: unknown) {
    const why = exitCode === undefined ? "could not be run" : `exited with ${exitCode}`;
    super(`${command} ${why}${stderr.trim() === "" ? "" : `: ${stderr.trim()}`}`, { cause });
    this.name = "RunError";
    this.command = command;
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Resolves with the output of `file args…` when it exits with 0, otherwise rejects with a RunError. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const shown = [file, ...args].join(" ");
  return new Promise((resolve, reject) => {
    const signals = [
      options.signal,
      options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs),
    ];
    const present = signals.filter((signal) => signal !== undefined);
    const child = spawn(file, [...args], {
      stdio: ["pipe", "pipe", "pipe"],
      killSignal: "SIGKILL",
      ...(present.length > 0 && { signal: AbortSignal.any(present) }),
      ...(options.env !== undefined && { env: { ...process.env, ...options.env } }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
      options.onError?.(chunk);
    });
    child.on("error", (cause) => reject(new RunError(shown, undefined, stderr || cause.message, cause)));
    child.on("close", (code) =>
      code === 0 ? resolve({ stdout, stderr }) : reject(new RunError(shown, code ?? -1, stderr)),
    );
    // A tool that exits before reading its input closes the pipe; its exit status tells the story.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** Real programs, run as a user at a terminal would, for end-to-end tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly timeoutMs?: number;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 120_000;

/** Resolves with exit code and output, whatever the code; rejects when the program can't be run or takes too long. */
export async function outcome(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const { env, input = "", timeoutMs = TIMEOUT_MS } = options;
  const child = spawn(file, [...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
    signal: AbortSignal.timeout(timeoutMs),
    killSignal: "SIGKILL",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  // A program that exits without reading its input closes the pipe; its exit status tells the story.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? -1, stdout, stderr };
  } catch (cause) {
    throw new Error(`${file} ${args.join(" ")}: ${String(cause)}\n${stdout}${stderr}`, { cause });
  }
}

/** What the program prints; rejects with all of its output unless it exits with 0. */
export async function output(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await outcome(file, args, options);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} exited with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** A program that goes on while the test does (`port-forward`, `get -w`); disposing ends it. */
export class Background implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** All it has printed so far. */
  text = "";

  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(file, [...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.#exited = once(this.#child, "exit");
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (chunk: string) => (this.text += chunk));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#exited;
  }
}

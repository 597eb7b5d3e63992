/** Programs that a lab runs: their output for the caller, their progress for the log. */
import { spawn } from "node:child_process";
import { once } from "node:events";

interface ShellOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly log: ((line: string) => void) | undefined;
}

export class Shell {
  readonly #options: ShellOptions;

  constructor(options: ShellOptions) {
    this.#options = options;
  }

  /** What the program prints to standard output; rejects with all it printed unless it exits with 0. */
  async run(file: string, args: readonly string[], input = ""): Promise<string> {
    const { env, timeoutMs, log } = this.#options;
    const child = spawn(file, [...args], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      signal: AbortSignal.timeout(timeoutMs),
      killSignal: "SIGKILL",
    });
    let printed = "";
    let all = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      all += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      all += text;
      for (const line of text.split("\n")) if (line.trim() !== "") log?.(line);
    });
    // A program that ends without reading its input closes the pipe; its exit status tells the story.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const called = `${file} ${args.join(" ")}`;
    const [code] = (await once(child, "close").catch((cause: unknown) => {
      throw new Error(`${called}: not done within ${timeoutMs / 1000} s, or not to be run\n${all}`, { cause });
    })) as [number | null];
    if (code !== 0) throw new Error(`${called} exited with ${code}\n${all}`);
    return printed;
  }
}

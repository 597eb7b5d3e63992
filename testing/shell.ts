/** Programs that a lab runs: their output for the caller, their progress for the log. */
import { run } from "#base/run.ts";

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

  /** What the program prints to standard output; rejects with what it said unless it exits with 0. */
  async run(file: string, args: readonly string[], input = ""): Promise<string> {
    const { env, timeoutMs, log } = this.#options;
    const onError = (text: string): void => {
      for (const line of text.split("\n")) if (line.trim() !== "") log?.(line);
    };
    return (await run(file, args, { env, timeoutMs, input, onError })).stdout;
  }
}

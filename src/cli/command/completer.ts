/** How a word is completed that is only known while liqoctl runs. Shells ask for it by the hidden verb `__complete`. */
import type { Context } from "#base/context.ts";
import type { CommandEnvironment } from "./environment.ts";

export interface CompletionRequest {
  readonly ctx: Context;
  readonly env: CommandEnvironment;
  /** What stands behind a flag on the line so far, by the key of the flag. */
  readonly flagText: (key: string) => string | undefined;
  /** For an argument: those that are on the line already. */
  readonly args: readonly string[];
}

/** All candidates, whatever the word begins with; "files" leaves it to the shell. May throw: then there are none. */
export type Completer = "files" | ((request: CompletionRequest) => Promise<readonly string[]>);

/** What the process gives to the commands. */
import type { Context } from "#base/context.ts";
import type { Printer } from "#cli/printer/printer.ts";

export interface LiqoctlEnvironment {
  readonly ctx: Context;
  readonly project: string;
  readonly defaultKubeconfig: string;
  readonly playgroundHome: string;
  readonly path: string;
  readonly printer: Printer;
  /** Whether a person is there to answer a question. */
  readonly isAnswered: boolean;
  /** Asks whether to go on with a command, unless --skip-confirm is given; throws unless the answer is yes. */
  readonly confirm: (command: string) => Promise<void>;
}

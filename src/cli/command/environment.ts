/** What the process gives to the commands. */
import type { Marks } from "#machinery/meta.ts";
import type { Ask } from "../printer/confirm.ts";
import type { Printer } from "../printer/printer.ts";

export interface CommandEnvironment {
  readonly project: string;
  readonly defaultKubeconfig: string;
  readonly playgroundHome: string;
  readonly path: string;
  readonly printer: Printer;
  /** Whether a person is there to answer a question. */
  readonly isAnswered: boolean;
  readonly ask: Ask;
}

/** What a command sees: questions are asked unless --skip-confirm is given. */
export interface Environment extends CommandEnvironment {
  /** Asks whether to go on with a command; throws unless the answer is yes. */
  readonly confirm: (command: string) => Promise<void>;
  /** --global-labels and --global-annotations. */
  readonly marks: () => Marks;
  /** The command as it was given, without what asks for a plan of it. */
  readonly commandLine: string;
}

/** What the process gives to the commands. */
import type { Context } from "#base/context.ts";
import type { Ask } from "#cli/printer/confirm.ts";
import type { Printer } from "#cli/printer/printer.ts";

export interface LiqoctlEnvironment {
  readonly ctx: Context;
  readonly project: string;
  readonly defaultKubeconfig: string;
  readonly playgroundHome: string;
  readonly path: string;
  readonly printer: Printer;
  readonly ask: Ask;
}

/** The question before what cannot be undone. Upstream: pkg/liqoctl/output (AskConfirm) */
import { CliError } from "../errors.ts";

/** Shows the question; the line answered, undefined when there is nobody to answer. */
export type Ask = (question: string) => Promise<string | undefined>;

/** Throws a CliError unless the person agrees, or has agreed by `--skip-confirm`. */
export async function confirm(ask: Ask, command: string, skip: boolean): Promise<void> {
  if (skip) return;
  const answer = await ask(
    `"${command}" is a potentially destructive command. Are you sure you want to continue? [y/N] `,
  );
  if (answer === undefined)
    throw new CliError(`"${command}" is potentially destructive and nobody is there to confirm it`, {
      hint: "add --skip-confirm",
    });
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("operation canceled by the user");
}

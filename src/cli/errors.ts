/** What a person did wrong or what is in the way: printed without a stack, exit status 1. */
import { messageOf } from "#base/errors.ts";
import { StatusError } from "#machinery/status-error.ts";

export class CliError extends Error {
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "CliError";
    this.hint = options.hint;
  }
}

export const REACHABLE_HINT = "check the server in the kubeconfig, and the network on the way to it";

/** An API server's refusal in a user's words; anything else as it is. */
export function explained(error: unknown): unknown {
  if (!(error instanceof StatusError)) return error;
  const server = error.server === undefined ? "" : ` ${error.server}`;
  if (error.reason === "Unauthorized")
    return new CliError(`the API server${server} does not accept these credentials`, {
      cause: error,
      hint: "check the user of the kubeconfig, and whether its certificate or token has expired",
    });
  if (error.reason === "Forbidden" && error.message.includes("cannot"))
    return new CliError(`missing rights on${server}: ${error.message}`, {
      cause: error,
      hint: "use the kubeconfig of an administrator",
    });
  if (error.reason === "ServiceUnavailable" && error.cause !== undefined)
    return new CliError(messageOf(error), { cause: error, hint: REACHABLE_HINT });
  return error;
}

/** As a user reads it, with what to do about it. */
export function formatError(cause: unknown): string {
  const error = explained(cause);
  // A CliError is worded for its reader; what caused it is in it already.
  if (!(error instanceof CliError)) return `error: ${messageOf(error)}\n`;
  return `error: ${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}\n`;
}

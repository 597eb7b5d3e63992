/** What a person did wrong or what is in the way: printed without a stack, exit status 1. */
export class CliError extends Error {
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "CliError";
    this.hint = options.hint;
  }
}

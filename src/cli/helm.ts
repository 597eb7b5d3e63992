/** Helm, as a program. */
import type { Context } from "#base/context.ts";
import { RunError, run } from "#base/run.ts";
import { CliError } from "./errors.ts";

export interface HelmFlags {
  readonly kubeconfig: string;
  readonly context?: string | undefined;
}

export const RELEASE = "liqo";

/** Its standard output; `input` is what it finds on its standard input. Throws a CliError with Helm's own message. */
export async function helm(ctx: Context, flags: HelmFlags, args: readonly string[], input = ""): Promise<string> {
  const access = [
    "--kubeconfig",
    flags.kubeconfig,
    ...(flags.context === undefined ? [] : ["--kube-context", flags.context]),
  ];
  try {
    return (await run("helm", [...args, ...access], { signal: ctx.signal, input })).stdout;
  } catch (cause) {
    if (cause instanceof RunError && cause.exitCode === undefined)
      throw new CliError("helm was not found", {
        cause,
        hint: "install Helm 3.18 or newer (in a checkout, `make setup` brings it)",
      });
    const message = cause instanceof RunError ? cause.stderr.trim() : String(cause);
    // Helm marks a release while it works on it; one that was killed leaves the mark.
    const isMarked = message.includes("another operation");
    throw new CliError(message, {
      cause,
      ...(isMarked && {
        hint: `if no other liqoctl or helm runs: \`helm rollback ${RELEASE}\`, or \`helm uninstall ${RELEASE}\` for a first installation, in Liqo's namespace; then again`,
      }),
    });
  }
}

/** A cloud's own command line tool, asked as its user: liqoctl holds no credentials of clouds. */
import type { Context } from "#base/context.ts";
import { RunError, run } from "#base/run.ts";
import { CliError } from "../../../errors.ts";

export interface CloudTool {
  readonly program: string;
  /** Where it comes from. */
  readonly site: string;
  /** What logs in. */
  readonly login: string;
  /** What it says when nobody is logged in. */
  readonly loggedOut: RegExp;
}

/** What it prints, which is to be JSON. Throws a CliError that says what to do. */
export async function askTool<T>(
  ctx: Context,
  tool: CloudTool,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<T> {
  const { program } = tool;
  const asked = [program, ...args].join(" ");
  const stdout = await runTool(ctx, tool, args, env);
  try {
    return JSON.parse(stdout) as T;
  } catch (cause) {
    throw new CliError(`\`${asked}\` printed no JSON`, { cause, hint: `try it by hand; is ${program} up to date?` });
  }
}

async function runTool(
  ctx: Context,
  { program, site, login, loggedOut }: CloudTool,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    return (await run(program, args, { signal: ctx.signal, env })).stdout;
  } catch (cause) {
    if (ctx.signal.aborted || !(cause instanceof RunError)) throw cause;
    if (cause.exitCode === undefined)
      throw new CliError(`${program} was not found`, {
        cause,
        hint: `install it (${site}) and log in with \`${login}\`, or give the CIDRs: \`liqoctl install --pod-cidr … --service-cidr …\``,
      });
    const message = cause.stderr.trim();
    throw new CliError(
      `\`${[program, ...args].join(" ")}\` failed: ${message === "" ? `exit ${cause.exitCode}` : message}`,
      {
        cause,
        hint: loggedOut.test(message)
          ? `log in with \`${login}\``
          : "check the names that were given, and the rights of your account",
      },
    );
  }
}

/** A field that must be there. Throws a CliError that names it. */
export function needed(value: string | null | undefined, field: string, of: string): string {
  if (value !== undefined && value !== null && value !== "") return value;
  throw new CliError(`${of} has no ${field}`, { hint: "is the cluster running?" });
}

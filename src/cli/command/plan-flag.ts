/** `--plan`: what a command would do, of both clusters, while nothing is written. The same for each command that has a plan. */
import { CliError } from "../errors.ts";
import type { Plan } from "../plan/model.ts";
import { formatPlan } from "../plan/show.ts";
import { formatObject } from "../printer/object.ts";
import type { Given } from "./command.ts";
import type { Environment } from "./environment.ts";
import { type Flags, flag, longName } from "./flag.ts";

/** Something is destroyed. */
const DESTRUCTIVE_STATUS = 2;

const PLAN = {
  plan: flag.boolean(
    "tell what would be done, of both clusters, and write nothing; exit status 2 if it is destructive",
  ),
};
const OUTPUT = {
  output: flag.choice("machine-readable plan, with --plan", "format", ["json", "yaml"], { short: "o" }),
};

/** A command that prints objects by `--output` prints its plan by the same. */
export function flagsOfPlan(flags: Flags): Flags {
  return { ...PLAN, ...("output" in flags ? {} : OUTPUT) };
}

/** Throws a CliError for a flag that only a plan looks at, and none is asked for. */
export function isPlanAsked(
  { flag: read }: Given,
  { flags, planFlags }: { readonly flags: Flags; readonly planFlags: Flags },
): boolean {
  if (read("plan") === true) return true;
  const idle = Object.entries({ ...flagsOfPlan(flags), ...planFlags }).find(
    ([key, { initial }]) => read(key) !== initial,
  );
  if (idle === undefined) return false;
  throw new CliError(`${longName(idle[0])} is for --plan`, { hint: `add --plan, or leave ${longName(idle[0])} out` });
}

/** The exit status. */
export function showPlan(env: Environment, { flag: read }: Given, plan: Plan): number {
  const output = formatOf(read("output"));
  env.printer.print(output === undefined ? formatPlan(plan, env.printer.isColoured) : formatObject(plan, output));
  return plan.destructive.length > 0 ? DESTRUCTIVE_STATUS : 0;
}

function formatOf(value: unknown): "json" | "yaml" | undefined {
  return value === "json" || value === "yaml" ? value : undefined;
}

/** The line that does it for real: without the flags that only a plan looks at, by their keys, quoted for a shell. */
export function realCommand(name: string, words: readonly string[], planOnly: readonly string[]): string {
  const valued = ["-o", ...["output", ...planOnly].map(longName)];
  const isFlag = (word: string): boolean =>
    /^(--plan(=true)?|-o(json|yaml))$/.test(word) ||
    valued.some((flag) => word === flag || word.startsWith(`${flag}=`));
  const kept = words.filter((word, i) => !isFlag(word) && !valued.includes(words[i - 1] ?? ""));
  return [name, ...kept.map(quoted)].join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

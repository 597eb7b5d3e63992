/** docs/liqoctl.md, written from the commands themselves by scripts/liqoctl-docs.ts. */
import { usageOf } from "../command/argument.ts";
import type { Command, Commands } from "../command/command.ts";
import { type Flag, longName } from "../command/flag.ts";
import { GLOBAL_FLAGS, type GlobalFlag } from "../command/global-flags.ts";

export function formatReference({ name, summary, groups, commands }: Commands): string {
  const sorted = [...commands].sort((a, b) => (title(a) < title(b) ? -1 : 1));
  return [
    `# ${name}`,
    `<!-- Written by \`node scripts/liqoctl-docs.ts\`: change the commands, then run it. -->`,
    summary,
    "Every command takes these, before or after its own words:",
    [...GLOBAL_FLAGS.map(globalLine), "- `-h`, `--help`: usage and flags"].join("\n"),
    "Flags without a value may be given one: `--purge=true`, `--purge=false`. Durations are Go's: `90s`, `10m`, `1h30m`.",
    sorted
      .map((command) => `- [${title(command)}](#${title(command).replaceAll(" ", "-")}): ${command.summary}`)
      .join("\n"),
    ...sorted.map((command) => section(name, command)),
    "## Words that have commands below them",
    groups.map((group) => `- \`${group.path.join(" ")}\`: ${group.summary}`).join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}

function globalLine({ word, value, description }: GlobalFlag): string {
  return `- \`${word}${value === undefined ? "" : ` ${value}`}\`: ${description}`;
}

function title({ path }: Command): string {
  return path.join(" ");
}

function section(name: string, command: Command): string {
  const { path, aliases = [], summary, description, examples = [], args, flags } = command;
  const words = Object.entries(args).map(([key, argument]) => usageOf(key, argument));
  const others = aliases.map((alias) => `\`${[...path.slice(0, -1), alias].join(" ")}\``);
  const argumentLines = Object.entries(args).map(
    ([key, argument]) => `- \`${usageOf(key, argument)}\`: ${prose(argument.description)}`,
  );
  return [
    `## ${title(command)}`,
    prose(summary),
    ...(description === undefined ? [] : [prose(description)]),
    block([[name, ...path, ...words, "[flags]"].join(" ")]),
    ...(others.length === 0 ? [] : [`Also called ${others.join(", ")}.`]),
    ...(examples.length === 0 ? [] : ["Examples:", block(examples)]),
    ...(argumentLines.length === 0 ? [] : ["Arguments:", argumentLines.join("\n")]),
    ...(Object.keys(flags).length === 0 ? [] : ["Flags:", Object.entries(flags).map(flagLine).join("\n")]),
  ].join("\n\n");
}

/** Words such as pod/<name> are code: Markdown would take them for tags. */
function prose(text: string): string {
  const parts = text.split("`");
  const marked = parts.map((part, i) => (i % 2 === 1 ? part : part.replaceAll(/[^\s,(]*<[^\s>]+>[^\s,.)]*/g, "`$&`")));
  return marked.join("`");
}

function block(lines: readonly string[]): string {
  return ["```sh", ...lines, "```"].join("\n");
}

function flagLine([key, flag]: [string, Flag<unknown>]): string {
  const { short, value, description } = flag;
  const names = [...(short === undefined ? [] : [`-${short}`]), longName(key)].join("`, `");
  return `- \`${names}${value === undefined ? "" : ` ${value}`}\`: ${prose(description)}${remark(flag)}`;
}

function remark({ isRequired, choices, initial, shown }: Flag<unknown>): string {
  const isEmpty = initial === undefined || initial === false || (typeof initial === "object" && isBare(initial));
  const remarks = [
    ...(isRequired === true ? ["required"] : []),
    ...(choices === undefined ? [] : [choices.join(", ")]),
    ...(isRequired === true || isEmpty ? [] : [`default: ${shown ?? String(initial)}`]),
  ];
  return remarks.length === 0 ? "" : ` (${remarks.join("; ")})`;
}

function isBare(value: object | null): boolean {
  return value === null || Object.keys(value).length === 0;
}

/** The words that may stand at each place of a command line, as far as they are known beforehand. */
import type { Arguments } from "../command/argument.ts";
import type { Commands } from "../command/command.ts";
import type { Completer } from "../command/completer.ts";
import { type Flag, longName } from "../command/flag.ts";
import { GLOBAL_FLAGS, type GlobalFlag } from "../command/global-flags.ts";

export interface Word {
  readonly word: string;
  readonly description: string;
}

/** A verb or noun, or another name of one. */
export interface ChildWord extends Word {
  /** Where it leads: `force unpeer`. */
  readonly path: string;
}

export interface FlagWord extends Word {
  readonly key: string;
  /** `-n` */
  readonly short: string | undefined;
  /** Whether the next word is its value. */
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly complete: Completer | undefined;
}

/** What may follow the words of a path, which are joined by spaces. */
export interface Place {
  readonly path: string;
  readonly children: readonly ChildWord[];
  readonly flags: readonly FlagWord[];
  readonly args: Arguments;
}

const BOOLEAN = ["true", "false"];
const HELP: FlagWord = {
  word: "--help",
  short: "-h",
  description: "display help for command",
  key: "help",
  takesValue: false,
  choices: [],
  complete: undefined,
};
const GLOBAL: readonly FlagWord[] = [
  ...GLOBAL_FLAGS.map((flag: GlobalFlag) => ({
    ...HELP,
    ...flag,
    short: undefined,
    takesValue: flag.value !== undefined,
    choices: flag.value === undefined ? BOOLEAN : [],
  })),
  HELP,
];

/** By path; the empty one is where all begins. */
export function placesOf({ groups, commands }: Commands): ReadonlyMap<string, Place> {
  const all = [
    ...groups.map((group) => ({ ...group, aliases: [], flags: {}, args: {} })),
    ...commands.map((command) => ({ aliases: [], ...command })),
  ];
  const childrenOf = (path: string): ChildWord[] =>
    all
      .filter((each) => each.path.slice(0, -1).join(" ") === path)
      .flatMap(({ path: words, aliases, summary: description }) =>
        [words.at(-1) ?? "", ...aliases].map((word) => ({ word, description, path: words.join(" ") })),
      )
      .sort((a, b) => (a.word < b.word ? -1 : 1));
  const help = { word: "help", description: "display help for command", path: "help" };
  const verbs = childrenOf("");
  return new Map<string, Place>([
    ["", { path: "", children: [...verbs, help], flags: GLOBAL, args: {} }],
    ["help", { path: "help", children: verbs.map((verb) => ({ ...verb, path: "help" })), flags: [], args: {} }],
    ...all.map(({ path: words, flags, args }): [string, Place] => {
      const path = words.join(" ");
      const own = Object.entries(flags).map(([key, flag]) => flagWord(key, flag));
      return [path, { path, children: childrenOf(path), flags: [...own, ...GLOBAL], args }];
    }),
  ]);
}

function flagWord(key: string, { description, short, value, choices, complete }: Flag<unknown>): FlagWord {
  const takesValue = value?.startsWith("<") === true;
  return {
    word: longName(key),
    short: short === undefined ? undefined : `-${short}`,
    description,
    key,
    takesValue,
    choices: choices ?? (takesValue ? [] : BOOLEAN),
    complete,
  };
}

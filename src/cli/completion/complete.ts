/**
 * What `liqoctl __complete` answers: candidates, one a line, with their description behind a tab, and then what the shell
 * is to do. cobra: completions.go
 */
import type { Context } from "#base/context.ts";
import type { Argument } from "../command/argument.ts";
import type { Commands } from "../command/command.ts";
import type { Completer } from "../command/completer.ts";
import type { CommandEnvironment } from "../command/environment.ts";
import { type FlagWord, type Place, placesOf, type Word } from "./words.ts";

/** cobra's ShellCompDirective. */
const DIRECTIVE = { default: 0, error: 1, noFiles: 4 } as const;

export interface Completion {
  readonly candidates: readonly Word[];
  readonly directive: number;
}

export function formatCompletion({ candidates, directive }: Completion, isDescribed: boolean): string {
  const lines = candidates.map(({ word, description }) =>
    isDescribed && description !== "" ? `${word}\t${description}` : word,
  );
  return [...lines, `:${directive}`].join("\n");
}

/** For the last of the words, which may be empty; the others are what stands before it, without the program. */
export async function completeWords(
  ctx: Context,
  env: CommandEnvironment,
  commands: Commands,
  words: readonly string[],
): Promise<Completion> {
  const last = words.at(-1) ?? "";
  const line = readLine(commands, words.slice(0, -1));
  const { place, args, expecting } = line;
  const ask = async (complete: Completer | undefined, begin: string, given: readonly string[]): Promise<Completion> => {
    if (complete === undefined) return { candidates: [], directive: DIRECTIVE.noFiles };
    if (complete === "files") return { candidates: [], directive: DIRECTIVE.default };
    try {
      const names = await complete({ ctx, env, args: given, flagText: (key) => line.texts.get(key) });
      return matching(wordsOf(names), begin);
    } catch (error) {
      ctx.log.debug("no candidates", { error: String(error) });
      return { candidates: [], directive: DIRECTIVE.error };
    }
  };
  const value = (flag: FlagWord | undefined, begin: string): Promise<Completion> =>
    flag !== undefined && flag.choices.length > 0
      ? Promise.resolve(matching(wordsOf(flag.choices), begin))
      : // An argument may be called as the value of a flag is.
        ask(flag?.complete, begin, []);
  if (expecting !== undefined) return value(expecting, last);
  const [name = "", begin] = splitOnce(last);
  if (!line.onlyArguments && last.startsWith("-"))
    return begin === undefined
      ? matching(place.flags, last)
      : value(
          place.flags.find(({ word }) => word === name),
          begin,
        );
  if (args.length === 0 && place.children.length > 0) return matching(place.children, last);
  return ask(argumentAt(place, args.length)?.complete, last, args);
}

interface Line {
  readonly place: Place;
  readonly args: readonly string[];
  /** Values of flags, by key. */
  readonly texts: ReadonlyMap<string, string>;
  /** Whose value comes next. */
  readonly expecting: FlagWord | undefined;
  /** After `--`. */
  readonly onlyArguments: boolean;
}

const EMPTY: Place = { path: "", children: [], flags: [], args: {} };

function readLine(commands: Commands, words: readonly string[]): Line {
  const places = placesOf(commands);
  const texts = new Map<string, string>();
  const args: string[] = [];
  let place = places.get("") ?? EMPTY;
  let expecting: FlagWord | undefined;
  let onlyArguments = false;
  for (const word of words) {
    if (expecting !== undefined) {
      texts.set(expecting.key, word);
      expecting = undefined;
    } else if (onlyArguments) args.push(word);
    else if (word === "--") onlyArguments = true;
    else if (word.startsWith("-")) {
      const [name = "", text] = splitOnce(word);
      const flag = place.flags.find((each) => each.word === name || each.short === name);
      if (flag !== undefined && text !== undefined) texts.set(flag.key, text);
      else if (flag?.takesValue === true) expecting = flag;
    } else {
      const child = args.length === 0 ? place.children.find((each) => each.word === word) : undefined;
      if (child === undefined) args.push(word);
      else place = places.get(child.path) ?? EMPTY;
    }
  }
  return { place, args, texts, expecting, onlyArguments };
}

function argumentAt({ args }: Place, index: number): Argument<unknown> | undefined {
  const all = Object.values(args);
  const last = all.at(-1);
  return all[index] ?? (last?.isMany === true ? last : undefined);
}

function matching(words: readonly Word[], begin: string): Completion {
  const candidates = words
    .filter(({ word }) => word.startsWith(begin))
    .map(({ word, description }) => ({ word, description }));
  return { candidates, directive: DIRECTIVE.noFiles };
}

function wordsOf(names: readonly string[]): Word[] {
  return names.map((word) => ({ word, description: "" }));
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

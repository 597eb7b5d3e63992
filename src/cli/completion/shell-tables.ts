/**
 * What bash and zsh have in common: functions that tell the words known beforehand, a line each with the description behind
 * a tab, as `liqoctl __complete` tells those that are not.
 */
import type { FlagWord, Place, Word } from "./words.ts";

/** Functions `__<name>_words`, `_child`, `_flags`, `_takes_value` and `_choices`. */
export function shellTables(name: string, places: readonly Place[]): string {
  return [
    shellFunction(
      `__${name}_words`,
      '"$1"',
      places.flatMap(({ path, children }) => branch([path], children)),
    ),
    `# The path that a word leads to from a path, in REPLY.\n${shellFunction(
      `__${name}_child`,
      '"$1 $2"',
      places.flatMap(({ path, children }) =>
        children.map((child) => `${quoted(`${path} ${child.word}`)}) REPLY=${quoted(child.path)} ;;`),
      ),
      "return 1",
    )}`,
    shellFunction(
      `__${name}_flags`,
      '"$1"',
      places.flatMap(({ path, flags }) => branch([path], flags)),
    ),
    shellFunction(`__${name}_takes_value`, '"$1"', [`${valueFlags(places).join(" | ")}) return 0 ;;`], "return 1"),
    shellFunction(
      `__${name}_choices`,
      '"$1 $2"',
      places.flatMap(({ path, flags }) =>
        flags.flatMap((flag) =>
          branch(
            namesOf(flag).map((word) => `${path} ${word}`),
            flag.choices.map((word) => ({ word, description: "" })),
          ),
        ),
      ),
    ),
  ].join("\n\n");
}

/** Lines that follow the words in `before` to the command in `at`, the flag in `expecting` and the number of `arguments`. */
export function walkWords(name: string): string {
  return `  for word in "\${before[@]}"; do
    if [[ -n $expecting ]]; then
      expecting=""
    elif [[ $word == -* ]]; then
      if __${name}_takes_value "$word"; then expecting=$word; fi
    elif ((arguments == 0)) && __${name}_child "$at" "$word"; then
      at=$REPLY
    else
      arguments=$((arguments + 1))
    fi
  done`;
}

/** Flags whose value is the next word. Throws where one name does so in one command and not in another. */
export function valueFlags(places: readonly Place[]): string[] {
  const flags = places.flatMap((place) => place.flags);
  const names = (takesValue: boolean): string[] => [
    ...new Set(flags.filter((flag) => flag.takesValue === takesValue).flatMap(namesOf)),
  ];
  const switches = names(false);
  return names(true).map((name) => {
    if (switches.includes(name)) throw new Error(`${name} takes a value in one command and none in another`);
    return name;
  });
}

function namesOf({ word, short }: FlagWord): string[] {
  return short === undefined ? [word] : [word, short];
}

function shellFunction(name: string, subject: string, branches: readonly string[], otherwise?: string): string {
  const rest = otherwise === undefined ? [] : [`*) ${otherwise} ;;`];
  return [
    `${name}() {`,
    `  case ${subject} in`,
    ...[...branches, ...rest].map((line) => `    ${line}`),
    "  esac",
    "}",
  ].join("\n");
}

function branch(patterns: readonly string[], words: readonly Word[]): string[] {
  if (words.length === 0) return [];
  const lines = words.map(({ word, description }) => quoted(description === "" ? word : `${word}\t${description}`));
  return [`${patterns.map(quoted).join(" | ")}) printf '%s\\n' ${lines.join(" ")} ;;`];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

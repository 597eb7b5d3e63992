/** The script of `liqoctl completion fish`. */
import type { Commands } from "../command/command.ts";
import { valueFlags } from "./shell-tables.ts";
import { type FlagWord, type Place, placesOf } from "./words.ts";

export function fishScript(commands: Commands): string {
  const { name } = commands;
  const places = [...placesOf(commands).values()];
  return `# fish completion for ${name}. Load it by: ${name} completion fish | source

# Whether the words so far lead to a path.
function __${name}_at --argument-names wanted
  set -l at ''
  set -l expecting 0
  set -l words (commandline -opc)
  for word in $words[2..-1]
    if test $expecting = 1
      set expecting 0
    else if string match -q -- '-*' $word
      if contains -- $word ${valueFlags(places).join(" ")}
        set expecting 1
      end
    else
      switch "$at $word"
${places.flatMap(caseLines).join("\n")}
      end
    end
  end
  test "$at" = "$wanted"
end

# Candidates that are known while it runs only.
function __${name}_dynamic
  set -l words (commandline -opc)
  $words[1] __complete $words[2..-1] (commandline -ct) 2> /dev/null | string match --invert --regex '^:[0-9]+$'
end

complete -c ${name} -f
${places.flatMap((place) => placeLines(name, place)).join("\n")}
`;
}

function caseLines({ path, children }: Place): string[] {
  return children.flatMap((child) => [
    `        case ${quoted(`${path} ${child.word}`)}`,
    `          set at ${quoted(child.path)}`,
  ]);
}

function placeLines(name: string, { path, children, flags, args }: Place): string[] {
  const at = `complete -c ${name} -n ${quoted(`__${name}_at ${quoted(path)}`)}`;
  const hasArguments = Object.values(args).some(({ complete }) => complete !== undefined);
  return [
    ...children.map(({ word, description }) => `${at} -a ${quoted(word)} -d ${quoted(description)}`),
    ...flags.map((flag) => `${at} ${flagOptions(name, flag).join(" ")}`),
    ...(hasArguments ? [`${at} -a ${quoted(`(__${name}_dynamic)`)}`] : []),
  ];
}

function flagOptions(name: string, { word, short, description, takesValue, choices, complete }: FlagWord): string[] {
  const value = complete === "files" ? ["-r", "-F"] : ["-x"];
  return [
    ...["-l", word.slice(2)],
    ...(short === undefined ? [] : ["-s", short.slice(1)]),
    ...(takesValue ? value : []),
    ...(takesValue && choices.length > 0 ? ["-a", quoted(choices.join(" "))] : []),
    ...(typeof complete === "function" ? ["-a", quoted(`(__${name}_dynamic)`)] : []),
    ...["-d", quoted(description)],
  ];
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

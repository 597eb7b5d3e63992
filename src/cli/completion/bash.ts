/** The script of `liqoctl completion bash`. Runs in bash 3.2 too, without the package bash-completion. */
import type { Commands } from "../command/command.ts";
import { shellTables, walkWords } from "./shell-tables.ts";
import { placesOf } from "./words.ts";

export function bashScript(commands: Commands): string {
  const { name } = commands;
  return `# bash completion for ${name}. Load it by: source <(${name} completion bash)

${shellTables(name, [...placesOf(commands).values()])}

__${name}() {
  COMPREPLY=()
  # Words as they are typed, not as COMP_WORDBREAKS cuts them.
  local line=\${COMP_LINE:0:COMP_POINT} words
  read -r -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  local last=$((\${#words[@]} - 1))
  local current=\${words[last]} before=("\${words[@]:1:last-1}")

  local at="" expecting="" arguments=0 word REPLY
${walkWords(name)}

  local candidates="" prefix="" directive=4
  if [[ -n $expecting ]]; then
    candidates=$(__${name}_choices "$at" "$expecting")
  elif [[ $current == --*=* ]]; then
    prefix=\${current%%=*}=
    candidates=$(__${name}_choices "$at" "\${prefix%=}")
  elif [[ $current == -* ]]; then
    candidates=$(__${name}_flags "$at")
  elif ((arguments == 0)); then
    candidates=$(__${name}_words "$at")
  fi
  if [[ -z $candidates ]]; then
    candidates=$("\${words[0]}" __complete "\${before[@]}" "$current" 2> /dev/null)
    directive=\${candidates##*:}
  fi

  # Readline replaces what follows the last of its breaks.
  local trim="" mark
  for mark in = :; do
    if [[ $COMP_WORDBREAKS == *"$mark"* && $current == *"$mark"* ]]; then
      word=\${current%"\${current##*"$mark"}"}
      if ((\${#word} > \${#trim})); then trim=$word; fi
    fi
  done
  while IFS= read -r line; do
    word=$prefix\${line%%$'\\t'*}
    if [[ -n $line && $line != :[0-9]* && $word == "$current"* ]]; then
      # A name out of a kubeconfig is no shell code.
      printf -v word %q "\${word#"$trim"}"
      COMPREPLY+=("$word")
    fi
  done <<< "$candidates"
  # Not the names of files.
  if [[ $directive != 0 ]]; then compopt +o default 2> /dev/null; fi
}

complete -o default -F __${name} ${name}
`;
}

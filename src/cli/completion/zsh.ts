/** The script of `liqoctl completion zsh`. */
import type { Commands } from "../command/command.ts";
import { shellTables, walkWords } from "./shell-tables.ts";
import { placesOf } from "./words.ts";

export function zshScript(commands: Commands): string {
  const { name } = commands;
  return `#compdef ${name}
# zsh completion for ${name}. Load it by: source <(${name} completion zsh)

${shellTables(name, [...placesOf(commands).values()])}

__${name}() {
  local current=\${words[CURRENT]} at="" expecting="" arguments=0 word REPLY
  local -a before
  # Unquoted, it leaves out what is empty.
  before=(\${words[2,CURRENT-1]})
${walkWords(name)}

  local candidates="" directive=4
  if [[ -n $expecting ]]; then
    candidates=$(__${name}_choices "$at" "$expecting")
  elif [[ $current == --*=* ]]; then
    candidates=$(__${name}_choices "$at" "\${current%%=*}")
  elif [[ $current == -* ]]; then
    candidates=$(__${name}_flags "$at")
  elif ((arguments == 0)); then
    candidates=$(__${name}_words "$at")
  fi
  if [[ -z $candidates ]]; then
    candidates=$("\${words[1]}" __complete "\${before[@]}" "$current" 2> /dev/null)
    directive=\${candidates##*:}
  fi

  if [[ -z $expecting && $current == --*=* ]]; then compset -P '*='; fi
  if [[ $directive == 0 ]]; then
    _files
    return
  fi
  local -a described
  local line value
  while IFS= read -r line; do
    if [[ -z $line || $line == :[0-9]* ]]; then continue; fi
    value=\${line%%$'\\t'*}
    value=\${value//:/\\\\:}
    if [[ $line == *$'\\t'* ]]; then described+=("$value:\${line#*$'\\t'}"); else described+=("$value"); fi
  done <<< "$candidates"
  _describe ${name} described
}

compdef __${name} ${name}
# As a file of fpath it is run by the first key press itself.
if [[ \${funcstack[1]} == _${name} ]]; then __${name}; fi
`;
}

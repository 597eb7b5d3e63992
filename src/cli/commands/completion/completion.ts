/** `liqoctl completion bash|zsh|fish|powershell`. cobra: the command of the same name */
import { type Command, type CommandGroup, type Commands, command } from "../../command/command.ts";
import { bashScript } from "../../completion/bash.ts";
import { fishScript } from "../../completion/fish.ts";
import { powershellScript } from "../../completion/powershell.ts";
import { zshScript } from "../../completion/zsh.ts";

const SHELLS = {
  bash: { script: bashScript, use: "source <(liqoctl completion bash)" },
  zsh: { script: zshScript, use: "source <(liqoctl completion zsh)" },
  fish: { script: fishScript, use: "liqoctl completion fish | source" },
  powershell: { script: powershellScript, use: "liqoctl completion powershell | Out-String | Invoke-Expression" },
};

export const completionGroup: CommandGroup = {
  path: ["completion"],
  summary: "Print a script that completes liqoctl's words in a shell.",
};

/** `all` gives the commands that are completed, these included. */
export function completionCommands(all: () => Commands): readonly Command[] {
  return Object.entries(SHELLS).map(([shell, { script, use }]) =>
    command({
      path: ["completion", shell],
      summary: `Print the script for ${shell === "powershell" ? "PowerShell" : shell}.`,
      examples: [use],
      async run(_ctx, env) {
        env.printer.print(script(all()).trimEnd());
      },
    }),
  );
}

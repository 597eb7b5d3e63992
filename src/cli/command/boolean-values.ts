/** Go's pflag takes `--purge=true` and `--purge=false` for flags that take no value; commander does not. */
import type { Command } from "commander";

export function withBooleanValues(program: Command, args: readonly string[]): string[] {
  const names = new Set<string>();
  const collectNames = (command: Command): void => {
    for (const option of command.options)
      if ((option.isBoolean() || option.negate) && option.long !== undefined) names.add(option.long);
    command.commands.forEach(collectNames);
  };
  collectNames(program);
  return args.flatMap((argument) => {
    const [, name = "", value = ""] = /^(--[a-z-]+)=(true|false)$/.exec(argument) ?? [];
    if (!names.has(name)) return [argument];
    return value === "true" ? [name] : [];
  });
}

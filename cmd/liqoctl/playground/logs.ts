/** `liqoctl playground logs` */
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import type { Completer } from "#cli/command/completer.ts";
import { CliError } from "#cli/errors.ts";
import { logFiles } from "#playground/supervisor/commands.ts";
import { clusterNames, pathsOf } from "./place.ts";

const processNames: Completer = async ({ env, args: [cluster = ""] }) => [...logFiles(pathsOf(env), cluster).keys()];

export const logsCommand = command({
  path: ["playground", "logs"],
  summary: "Print the logs of a cluster's processes.",
  args: {
    name: argument.one("cluster", clusterNames),
    process: argument.optional("apiserver, controllers or a node", processNames),
  },
  async run(_ctx, env, { args: { name, process: wanted } }) {
    const files = logFiles(pathsOf(env), name);
    if (wanted !== undefined && !files.has(wanted))
      throw new CliError(`cluster ${name} has no process ${wanted}; it has ${[...files.keys()].join(", ")}`);
    for (const [file, content] of files) {
      if (wanted === undefined || wanted === file) env.printer.print(`==> ${file} <==\n${content.trimEnd()}`);
    }
  },
});

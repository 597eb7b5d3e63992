/** `liqoctl playground kubeconfig` */
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import { CliError } from "#cli/errors.ts";
import { clusterStates } from "#playground/supervisor/commands.ts";
import { clusterNames, pathsOf } from "./place.ts";

export const kubeconfigCommand = command({
  path: ["playground", "kubeconfig"],
  summary: "Print the path of the kubeconfig; each cluster is a context of it.",
  args: { name: argument.optional("cluster", clusterNames) },
  async run(ctx, env, { args: { name } }) {
    const paths = pathsOf(env);
    const states = await clusterStates(ctx, paths);
    if (name !== undefined && !states.some((state) => state.name === name))
      throw new CliError(`there is no cluster ${name}`, { hint: "see `liqoctl playground list`" });
    env.printer.print(paths.kubeconfig);
  },
});

/** `liqoctl playground list` and `liqoctl playground status` */
import { type Command, command } from "#cli/command/command.ts";
import type { Environment } from "#cli/command/environment.ts";
import { flag } from "#cli/command/flag.ts";
import { CliError } from "#cli/errors.ts";
import { formatObject } from "#cli/printer/object.ts";
import { table } from "#cli/printer/table.ts";
import { type ClusterState, clusterStates } from "#playground/supervisor/commands.ts";
import { isSupervised } from "#playground/supervisor/start-supervisor.ts";
import { pathsOf } from "./place.ts";

const stateFlags = { output: flag.choice("machine-readable output", "format", ["json"], { short: "o" }) };

export const listCommand: Command = command({
  path: ["playground", "list"],
  summary: "List the clusters.",
  flags: stateFlags,
  async run(ctx, env, { flags }) {
    show(env, await clusterStates(ctx, pathsOf(env)), flags.output, formatClusters);
  },
});

export const statusCommand: Command = command({
  path: ["playground", "status"],
  summary: "Show what of each cluster runs.",
  flags: stateFlags,
  async run(ctx, env, { flags }) {
    const paths = pathsOf(env);
    const states = await clusterStates(ctx, paths);
    const supervised = isSupervised(paths);
    show(env, states, flags.output, () => formatProcesses(states, supervised));
    if (states.length > 0 && !supervised)
      throw new CliError("the supervisor does not run: what ends is not started again", {
        hint: `start it: liqoctl playground ${restartOf(states)}`,
      });
  },
});

function show(
  { printer }: Environment,
  states: readonly ClusterState[],
  output: "json" | undefined,
  format: (states: readonly ClusterState[]) => string,
): void {
  if (output !== undefined) printer.print(formatObject(states, output));
  else if (states.length === 0)
    printer.print("There are no clusters. Create two: liqoctl playground create milan rome");
  else printer.print(format(states));
}

export function formatClusters(states: readonly ClusterState[]): string {
  return table(
    ["NAME", "STATUS", "NODES", "SERVER"],
    states.map((s) => [s.name, s.status, `${s.readyNodes}/${s.workers}`, s.server]),
  );
}

export function formatProcesses(states: readonly ClusterState[], supervised: boolean): string {
  return table(
    ["CLUSTER", "PROCESS", "RUNNING"],
    [
      ["-", "supervisor", supervised ? "yes" : "no"],
      ...states.flatMap((s) => s.processes.map((p) => [s.name, p.name, p.running ? "yes" : "no"])),
    ],
  );
}

/** A command that changes nothing, but starts the supervisor. */
export function restartOf(states: readonly ClusterState[]): string {
  const stopped = states.filter(({ status }) => status === "Stopped").map(({ name }) => name);
  const others = states.filter(({ status }) => status !== "Stopped").map(({ name }) => name);
  return others.length > 0 ? `start ${others.join(" ")}` : `stop ${stopped.join(" ")}`;
}

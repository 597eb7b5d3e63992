/** `liqoctl playground stop` and `liqoctl playground start` */
import { argument } from "#cli/command/argument.ts";
import { command } from "#cli/command/command.ts";
import { setStopped, waitAtRest, waitReady } from "#playground/supervisor/commands.ts";
import { clusterNames, pathsOf, programsOf, READY_TIMEOUT_MS } from "./place.ts";

export const STOP_TIMEOUT_MS = 60_000;
const args = { names: argument.some("clusters", clusterNames) };

export const stopCommand = command({
  path: ["playground", "stop"],
  summary: "Stop clusters and their pods; their state stays.",
  args,
  async run(ctx, env, { args: { names } }) {
    const paths = pathsOf(env);
    await setStopped(paths, programsOf(env), names, true);
    const stop = (name: string) =>
      env.printer.step("global", `Cluster ${name} is stopped`, () => waitAtRest(ctx, paths, name, STOP_TIMEOUT_MS));
    await Promise.all(names.map(stop));
  },
});

export const startCommand = command({
  path: ["playground", "start"],
  summary: "Start stopped clusters.",
  args,
  async run(ctx, env, { args: { names } }) {
    const paths = pathsOf(env);
    await setStopped(paths, programsOf(env), names, false);
    const start = (name: string) =>
      env.printer.step("global", `Cluster ${name} is ready`, () => waitReady(ctx, paths, name, READY_TIMEOUT_MS));
    await Promise.all(names.map(start));
  },
});

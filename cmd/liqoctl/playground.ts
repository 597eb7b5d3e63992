/** `liqoctl playground`: embedded clusters on this machine. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { CliError } from "#cli/errors.ts";
import { table } from "#cli/printer/table.ts";
import {
  type ClusterState,
  checkMachine,
  clusterStates,
  createClusters,
  deleteClusters,
  logFiles,
  setStopped,
  waitAtRest,
  waitReady,
} from "#playground/supervisor/commands.ts";
import { playgroundPaths } from "#playground/supervisor/paths.ts";
import { type ClusterSpec, DEFAULT_CLUSTER } from "#playground/supervisor/spec.ts";
import { isSupervised, type PlaygroundPrograms } from "#playground/supervisor/start-supervisor.ts";
import type { LiqoctlEnvironment } from "./environment.ts";

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
const DELETE_TIMEOUT_MS = 60_000;

interface CreateFlags {
  readonly workers: number;
  readonly cpu: string;
  readonly memory: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly loadBalancer: boolean;
  readonly auditLog: boolean;
}

export function addPlaygroundCommands(program: Command, env: LiqoctlEnvironment): void {
  const paths = playgroundPaths(env.playgroundHome);
  const programs: PlaygroundPrograms = {
    node: process.execPath,
    bundles: `${env.project}/.build/bundle`,
    project: env.project,
  };
  const group = program
    .command("playground")
    .description("Kubernetes-compatible clusters on this machine, without containers or images to pull.");
  group
    .command("create")
    .argument("<names...>", "clusters")
    .description("Create clusters, or change those that exist.")
    .option("--workers <count>", "worker nodes of each", count, DEFAULT_CLUSTER.workers)
    .option("--cpu <quantity>", "cpu that each worker shows", DEFAULT_CLUSTER.cpu)
    .option("--memory <quantity>", "memory that each worker shows", DEFAULT_CLUSTER.memory)
    .option("--pod-cidr <cidr>", "CIDR of the pods", DEFAULT_CLUSTER.podCidr)
    .option("--service-cidr <cidr>", "CIDR of the Services", DEFAULT_CLUSTER.serviceCidr)
    .option("--no-load-balancer", "give Services of type LoadBalancer no address")
    .option("--audit-log", "log who asked what of the API server, in audit.log of the cluster's folder", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ liqoctl playground create milan rome\n  $ liqoctl playground create small --workers 1 --cpu 1 --memory 1Gi\n",
    )
    .action(async (names: string[], flags: CreateFlags) => {
      checkMachine(env.path, programs);
      const specs = names.map((name): ClusterSpec => ({ name, ...flags, stopped: false }));
      await createClusters(paths, programs, specs);
      await Promise.all(
        names.map((name) =>
          env.printer.step("global", `Cluster ${name} is ready`, () =>
            waitReady(env.ctx, paths, name, READY_TIMEOUT_MS),
          ),
        ),
      );
      env.printer.print(`\n  export KUBECONFIG=${paths.kubeconfig}\n  kubectl --context ${names[0]} get nodes`);
    });
  group
    .command("delete")
    .argument("[names...]", "clusters; none: all of them")
    .description("Remove clusters and everything they made.")
    .action((names: string[]) =>
      env.printer.step("global", names.length === 0 ? "Playground removed" : `Removed ${names.join(", ")}`, () =>
        deleteClusters(env.ctx, paths, programs, names, DELETE_TIMEOUT_MS),
      ),
    );
  for (const name of ["list", "status"] as const) {
    group
      .command(name)
      .description(name === "list" ? "List the clusters." : "Show what of each cluster runs.")
      .addOption(new Option("-o, --output <format>", "machine-readable output").choices(["json"]))
      .action(async ({ output }: { output?: string }) => {
        const states = await clusterStates(env.ctx, paths);
        const supervised = isSupervised(paths);
        if (output === "json") env.printer.print(JSON.stringify(states, undefined, 2));
        else if (states.length === 0)
          env.printer.print("There are no clusters. Create two: liqoctl playground create milan rome");
        else if (name === "list")
          env.printer.print(
            table(
              ["NAME", "STATUS", "NODES", "SERVER"],
              states.map((s) => [s.name, s.status, `${s.readyNodes}/${s.workers}`, s.server]),
            ),
          );
        else
          env.printer.print(
            table(
              ["CLUSTER", "PROCESS", "RUNNING"],
              [
                ["-", "supervisor", supervised ? "yes" : "no"],
                ...states.flatMap((s) => s.processes.map((p) => [s.name, p.name, p.running ? "yes" : "no"])),
              ],
            ),
          );
        if (name === "status" && states.length > 0 && !supervised)
          throw new CliError("the supervisor does not run: what ends is not started again", {
            hint: `start it: liqoctl playground ${restartOf(states)}`,
          });
      });
  }
  for (const name of ["stop", "start"] as const) {
    group
      .command(name)
      .argument("<names...>", "clusters")
      .description(name === "stop" ? "Stop clusters and their pods; their state stays." : "Start stopped clusters.")
      .action(async (names: string[]) => {
        await setStopped(paths, programs, names, name === "stop");
        await Promise.all(
          names.map((cluster) =>
            name === "start"
              ? env.printer.step("global", `Cluster ${cluster} is ready`, () =>
                  waitReady(env.ctx, paths, cluster, READY_TIMEOUT_MS),
                )
              : env.printer.step("global", `Cluster ${cluster} is stopped`, () =>
                  waitAtRest(env.ctx, paths, cluster, STOP_TIMEOUT_MS),
                ),
          ),
        );
      });
  }
  group
    .command("kubeconfig")
    .argument("[name]", "cluster")
    .description("Print the path of the kubeconfig; each cluster is a context of it.")
    .action(async (name?: string) => {
      const states = await clusterStates(env.ctx, paths);
      if (name !== undefined && !states.some((state) => state.name === name))
        throw new CliError(`there is no cluster ${name}`, { hint: "see `liqoctl playground list`" });
      env.printer.print(paths.kubeconfig);
    });
  group
    .command("logs")
    .argument("<name>", "cluster")
    .argument("[process]", "apiserver, controllers or a node")
    .description("Print the logs of a cluster's processes.")
    .action((name: string, wanted?: string) => {
      const files = logFiles(paths, name);
      if (wanted !== undefined && !files.has(wanted))
        throw new CliError(`cluster ${name} has no process ${wanted}; it has ${[...files.keys()].join(", ")}`);
      for (const [file, content] of files) {
        if (wanted === undefined || wanted === file) env.printer.print(`==> ${file} <==\n${content.trimEnd()}`);
      }
    });
}

/** A command that changes nothing, but starts the supervisor. */
function restartOf(states: readonly ClusterState[]): string {
  const stopped = states.filter(({ status }) => status === "Stopped").map(({ name }) => name);
  const others = states.filter(({ status }) => status !== "Stopped").map(({ name }) => name);
  return others.length > 0 ? `start ${others.join(" ")}` : `stop ${stopped.join(" ")}`;
}

function count(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed)) throw new InvalidArgumentError("must be a whole number");
  return parsed;
}

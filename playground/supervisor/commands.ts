/** What `liqoctl playground` does: writes the specification, starts the supervisor, waits until it is so. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { nodes } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { findLabState } from "#playground/lab/state.ts";
import { clusterPaths, type Paths } from "./paths.ts";
import { findRecord, isAlive, listRecords } from "./processes.ts";
import { removeHome } from "./remove-home.ts";
import { type ClusterSpec, problemsOf, readSpec, writeSpec } from "./spec.ts";
import { isSupervised, type PlaygroundPrograms, replaceSupervisor, startSupervisor } from "./start-supervisor.ts";
import { isAtRest } from "./stop-cluster.ts";

/** What is in the way, for the person at the keyboard. */
export class PlaygroundError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PlaygroundError";
  }
}

// Of the time for a removal, which takes seconds: whoever has not done it by then hangs. Another one goes on in its place.
const HUNG_SHARE = 0.25;
/** The package of each tool, as Debian calls it. */
const TOOLS: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
  runc: "runc",
  conmon: "conmon",
  conntrack: "conntrack",
  wg: "wireguard-tools",
  perl: "perl",
};

/** Throws when the machine, or what set-up makes, lacks something, naming all of it. */
export function checkMachine(path: string, { bundles, project }: PlaygroundPrograms): void {
  if (process.getuid?.() !== 0)
    throw new PlaygroundError("the playground needs root: it makes network namespaces (run it with sudo)");
  const folders = [...path.split(":"), "/usr/sbin", "/sbin"];
  const missing = Object.keys(TOOLS).filter((tool) => !folders.some((folder) => existsSync(join(folder, tool))));
  if (missing.length > 0) {
    const packages = missing.map((tool) => TOOLS[tool]).join(" ");
    throw new PlaygroundError(
      `missing tools: ${missing.join(", ")}; on Debian and Ubuntu: apt-get install ${packages}`,
    );
  }
  const made = ["supervisor", "apiserver", "controllers", "node"].map((name) => join(bundles, `playground-${name}.js`));
  const absent = [...made, join(project, ".build/openapi")].filter((file) => !existsSync(file));
  if (absent.length > 0) throw new PlaygroundError(`not built: ${absent.join(", ")}; run \`make setup\``);
}

/** Adds clusters, or changes those that exist; resolves at once, `waitReady` waits. */
export async function createClusters(
  paths: Paths,
  programs: PlaygroundPrograms,
  wanted: readonly ClusterSpec[],
): Promise<void> {
  const problems = wanted.flatMap(problemsOf);
  if (problems.length > 0) throw new PlaygroundError(problems.join("\n"));
  const names = new Set(wanted.map(({ name }) => name));
  const others = readSpec(paths.spec).clusters.filter(({ name }) => !names.has(name));
  mkdirSync(paths.home, { recursive: true });
  writeSpec(paths.spec, { clusters: [...others, ...wanted] });
  await startSupervisor(paths, programs);
}

export async function setStopped(
  paths: Paths,
  programs: PlaygroundPrograms,
  names: readonly string[],
  stopped: boolean,
): Promise<void> {
  const { clusters } = readSpec(paths.spec);
  requireKnown(clusters, names);
  writeSpec(paths.spec, {
    clusters: clusters.map((spec) => (names.includes(spec.name) ? { ...spec, stopped } : spec)),
  });
  await startSupervisor(paths, programs);
}

/** Resolves when nothing of the clusters is left; without names, of the whole playground. */
export async function deleteClusters(
  ctx: Context,
  paths: Paths,
  programs: PlaygroundPrograms,
  names: readonly string[],
  timeoutMs: number,
): Promise<void> {
  const { clusters } = readSpec(paths.spec);
  requireKnown(clusters, names);
  const left = names.length === 0 ? [] : clusters.filter(({ name }) => !names.includes(name));
  const isNothing = !existsSync(paths.home);
  if (isNothing) return;
  writeSpec(paths.spec, { clusters: left });
  await startSupervisor(paths, programs);
  const gone = names.length === 0 ? clusters.map(({ name }) => name) : names;
  const limited = withTimeout(ctx, timeoutMs);
  const hung = withTimeout(ctx, timeoutMs * HUNG_SHARE);
  let isReplaced = false;
  const isDone = (): boolean => {
    const isRemoved = gone.every((name) => !existsSync(clusterPaths(paths, name).root));
    return isRemoved && (left.length > 0 || (findLabState(paths.home) === undefined && !isSupervised(paths)));
  };
  while (!isDone()) {
    if (limited.signal.aborted)
      throw new PlaygroundError(`clusters not removed within ${timeoutMs / 1000} s; see ${paths.supervisorLog}`);
    if (hung.signal.aborted && !isReplaced) {
      isReplaced = true;
      await replaceSupervisor(paths, programs);
    }
    await sleep(ctx, 100);
  }
  if (left.length === 0) removeHome(paths);
}

/** Throws with the clusters that there are. */
export function requireKnown(clusters: readonly ClusterSpec[], names: readonly string[]): void {
  const unknown = names.filter((name) => !clusters.some((spec) => spec.name === name));
  if (unknown.length === 0) return;
  const known = clusters.map(({ name }) => name).join(", ") || "none";
  throw new PlaygroundError(`there is no cluster ${unknown.join(", ")}; there are: ${known}`);
}

export interface ClusterState {
  readonly name: string;
  readonly status: "Running" | "Starting" | "Stopped" | "Degraded";
  readonly server: string;
  readonly readyNodes: number;
  readonly workers: number;
  readonly processes: readonly { readonly name: string; readonly running: boolean }[];
}

/** What of each cluster runs. */
export async function clusterStates(ctx: Context, paths: Paths): Promise<ClusterState[]> {
  return Promise.all(readSpec(paths.spec).clusters.map((spec) => stateOf(ctx, paths, spec)));
}

async function stateOf(ctx: Context, paths: Paths, spec: ClusterSpec): Promise<ClusterState> {
  const prefix = `${spec.name}.`;
  const processes = listRecords(paths.run)
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const record = findRecord(paths.run, name);
      return { name: name.slice(prefix.length), running: record !== undefined && isAlive(record) };
    });
  const common = { name: spec.name, workers: spec.workers, processes };
  if (spec.stopped) return { ...common, status: "Stopped", server: "", readyNodes: 0 };
  try {
    const config = configFromFile(paths.kubeconfig, { context: spec.name });
    using client = new KubeClient(config, "liqoctl-playground");
    const { items } = await client.list(withTimeout(ctx, 2_000), nodes, { labelSelector: "!liqo.io/type" });
    const readyNodes = items.filter(({ status }) => isConditionTrue(status?.conditions, "Ready")).length;
    return {
      ...common,
      status: readyNodes >= spec.workers ? "Running" : "Starting",
      server: config.server,
      readyNodes,
    };
  } catch (error) {
    ctx.log.debug("cluster does not answer", { cluster: spec.name, error: messageOf(error) });
    return {
      ...common,
      status: processes.some(({ running }) => running) ? "Starting" : "Degraded",
      server: "",
      readyNodes: 0,
    };
  }
}

/** Resolves when API server and all nodes of the cluster are ready. */
export async function waitReady(ctx: Context, paths: Paths, name: string, timeoutMs: number): Promise<ClusterState> {
  const limited = withTimeout(ctx, timeoutMs);
  for (;;) {
    const state = (await clusterStates(ctx, paths)).find((cluster) => cluster.name === name);
    if (state?.status === "Running") return state;
    if (limited.signal.aborted) {
      throw new PlaygroundError(
        `cluster ${name} is not ready after ${timeoutMs / 1000} s (${state?.readyNodes ?? 0} of ${state?.workers ?? 0} nodes); see ${clusterPaths(paths, name).logs} and ${paths.supervisorLog}`,
      );
    }
    await sleep(ctx, 100);
  }
}

/** Resolves when nothing of a stopped cluster runs any more. */
export async function waitAtRest(ctx: Context, paths: Paths, name: string, timeoutMs: number): Promise<void> {
  const limited = withTimeout(ctx, timeoutMs);
  while (!isAtRest(paths, name)) {
    if (limited.signal.aborted)
      throw new PlaygroundError(`cluster ${name} still runs after ${timeoutMs / 1000} s; see ${paths.supervisorLog}`);
    await sleep(ctx, 100);
  }
}

/** Log files of a cluster by process name. */
export function logFiles(paths: Paths, cluster: string): Map<string, string> {
  const folder = clusterPaths(paths, cluster).logs;
  if (!existsSync(folder)) throw new PlaygroundError(`cluster ${cluster} has no logs in ${folder}`);
  return new Map(
    readdirSync(folder).map((file) => [file.replace(/\.log$/, ""), readFileSync(join(folder, file), "utf8")]),
  );
}

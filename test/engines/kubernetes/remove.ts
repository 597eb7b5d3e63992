/**
 * Ends and removes what genuine nodes leave behind when their daemons have ended: shims and containers, mounts, control
 * groups, and the few files that containerd, kubelet and CNI keep at fixed places. Everything is found by its own id.
 */
import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { entriesOf } from "#base/folder.ts";
import { run } from "#base/run.ts";
import { mountsBelow } from "#playground/kubelet/remove-node.ts";
import { deleteLab } from "#playground/lab/lab.ts";
import { findLabState } from "#playground/lab/state.ts";
import { clusterPaths, labNameOf, type Paths, playgroundPaths } from "#playground/supervisor/paths.ts";
import { findRecord, isAlive, Processes, startTimeOf, writeRecord } from "#playground/supervisor/processes.ts";
import { killCgroup, nodeCgroups, removeCgroups } from "./cgroups.ts";

const OWNER = "owner";
const GRACE_MS = 5_000;
const KILL_MS = 10_000;
const UMOUNT_MS = 20_000;
/** kubelet: legacy container log links. */
const CONTAINER_LOGS = "/var/log/containers";
/** libcni's cache of results. */
const CNI_RESULTS = "/var/lib/cni/results";
/** Below a node's folder: one folder per container or sandbox that has been started. */
export const TASKS = "containerd/state/io.containerd.runtime.v2.task/k8s.io";

/** As a machine that is switched off: what was on disk stays, what was in memory is gone. */
export async function stopNodes(ctx: Context, paths: Paths, cluster: string, nodes: readonly string[]): Promise<void> {
  await Promise.all(nodes.map((node) => endNode(ctx, paths, cluster, node, GRACE_MS)));
}

/** All that the home folder knows of; it goes last, so that a removal that failed can be done again. */
export async function removeHome(ctx: Context, paths: Paths): Promise<void> {
  const lab = labNameOf(paths.home);
  await new Processes(ctx, paths.run).ensure([]);
  const clusters = (findLabState(paths.home)?.clusters ?? []).map(({ name, nodes }) => ({
    name,
    nodes: nodes.map((node) => node.name),
  }));
  const sandboxes = new Set(
    clusters.flatMap(({ name, nodes }) => nodes.flatMap((node) => tasksOf(nodeFolder(paths, name, node)))),
  );
  for (const { name, nodes } of clusters) {
    await Promise.all(nodes.map((node) => endNode(ctx, paths, name, node, 0)));
    for (const node of nodes) removeCgroups(nodeCgroups(lab, name, node));
  }
  await unmountBelow(paths.home);
  removeMatching(CONTAINER_LOGS, (file) => isLinkInto(file, paths.home));
  removeMatching(CNI_RESULTS, (file) => {
    const [, id = ""] = /\/cni-loopback-([0-9a-f]+)-lo$/.exec(file) ?? [];
    return sandboxes.has(id) || file.startsWith(join(CNI_RESULTS, `${lab}-`));
  });
  await deleteLab(ctx, paths.home);
  rmSync(paths.home, { recursive: true, force: true });
}

/** Writes down that the home belongs to this process. */
export function claimHome(home: string): void {
  const startTime = startTimeOf(process.pid);
  if (startTime !== undefined) writeRecord(home, OWNER, { pid: process.pid, startTime });
}

/** Removes the clusters of tests that were killed before they could do it themselves. */
export async function removeAbandoned(ctx: Context, folder: string, prefix: string): Promise<void> {
  for (const name of entriesOf(folder).filter((entry) => entry.startsWith(prefix))) {
    const home = join(folder, name);
    const owner = findRecord(home, OWNER);
    if (owner === undefined || isAlive(owner)) continue;
    ctx.log.warn("removing the clusters of a test that was killed", { home });
    claimHome(home);
    await removeHome(ctx, playgroundPaths(home));
  }
}

async function endNode(ctx: Context, paths: Paths, cluster: string, node: string, graceMs: number): Promise<void> {
  const folder = nodeFolder(paths, cluster, node);
  const { pods, system } = nodeCgroups(labNameOf(paths.home), cluster, node);
  if (graceMs > 0) await killCgroup(pods, graceMs, "SIGTERM");
  const sockets = shimSockets(folder);
  await killCgroup(pods, KILL_MS);
  await killCgroup(system, KILL_MS);
  for (const socket of sockets) rmSync(socket, { force: true });
  await unmountBelow(join(folder, "containerd"));
  await unmountBelow(join(folder, "kubelet"));
  for (const state of ["containerd/state", "runc"]) rmSync(join(folder, state), { recursive: true, force: true });
  ctx.log.info("node ended", { cluster, node });
}

/** Each task's folder names the socket of its shim, which is elsewhere. containerd: runtime/v2/shim */
function shimSockets(folder: string): string[] {
  return tasksOf(folder).flatMap((id) => {
    const address = join(folder, TASKS, id, "address");
    return existsSync(address)
      ? [
          readFileSync(address, "utf8")
            .trim()
            .replace(/^unix:\/\//, ""),
        ]
      : [];
  });
}

/** Ids of containers and sandboxes. */
function tasksOf(folder: string): string[] {
  return entriesOf(join(folder, TASKS));
}

function nodeFolder(paths: Paths, cluster: string, node: string): string {
  return clusterPaths(paths, cluster).node(node);
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = mountsBelow(readFileSync("/proc/self/mounts", "utf8"), folder);
  if (mounts.length > 0) await run("umount", ["-l", ...mounts], { timeoutMs: UMOUNT_MS });
}

function removeMatching(folder: string, isOurs: (file: string) => boolean): void {
  for (const name of entriesOf(folder)) {
    const file = join(folder, name);
    if (isOurs(file)) rmSync(file, { force: true });
  }
}

function isLinkInto(file: string, home: string): boolean {
  const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  return isLink && readlinkSync(file).startsWith(`${home}/`);
}

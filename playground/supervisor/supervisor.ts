/**
 * Makes reality follow the specification file: networks, credentials and processes of all clusters. Level-triggered: a
 * supervisor that was killed and started again picks up where the other one was.
 */
import { rmSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { createLab, deleteLab } from "#playground/lab/lab.ts";
import { type Programs, planCluster } from "./cluster-plan.ts";
import { type ClusterAccess, mergeKubeconfig } from "./kubeconfig.ts";
import { clusterPaths, labNameOf, type Paths } from "./paths.ts";
import { Processes, type ProcessSpec } from "./processes.ts";
import { clustersOnDisk, removeCluster } from "./remove-cluster.ts";
import { readSpec, writeAtomically } from "./spec.ts";
import { followStopped } from "./stop-cluster.ts";

const RETRY_MS = 2_000;

/** Runs until the context ends. Processes go on running after it, unless the specification is empty. */
export async function runSupervisor(ctx: Context, paths: Paths, programs: Programs): Promise<void> {
  const processes = new Processes(ctx, paths.run);
  while (!ctx.signal.aborted) {
    const changed = changeOf(ctx, paths.spec);
    try {
      const isEmpty = await reconcile(ctx, paths, programs, processes);
      if (isEmpty) return;
      await changed;
    } catch (error) {
      ctx.log.error("playground not as specified, trying again", { error: messageOf(error) });
      await sleep(ctx, RETRY_MS);
    }
  }
}

/** Returns true when there is nothing left to supervise. */
async function reconcile(ctx: Context, paths: Paths, programs: Programs, processes: Processes): Promise<boolean> {
  const { clusters } = readSpec(paths.spec);
  if (clusters.length === 0) {
    await processes.ensure([]);
    for (const name of clustersOnDisk(paths)) await removeCluster(ctx, paths, name, undefined);
    await deleteLab(ctx, paths.home);
    rmSync(paths.kubeconfig, { force: true });
    return true;
  }
  const lab = await createLab(ctx, { name: labNameOf(paths.home), directory: paths.home });
  // Before its processes start: the mark would be that of the last stop.
  await Promise.all(clusters.filter(({ stopped }) => !stopped).map((spec) => followStopped(ctx, paths, spec)));
  const wanted: ProcessSpec[] = [];
  const access: ClusterAccess[] = [];
  for (const spec of clusters) {
    const plan = await planCluster(ctx, lab, spec, clusterPaths(paths, spec.name), programs);
    wanted.push(...plan.processes);
    access.push(plan.access);
  }
  const kubeconfig = mergeKubeconfig(access);
  if (kubeconfig !== undefined)
    writeAtomically(paths.kubeconfig, `${JSON.stringify(kubeconfig, undefined, 2)}\n`, 0o600);
  await processes.ensure(wanted);
  await Promise.all(clusters.filter(({ stopped }) => stopped).map((spec) => followStopped(ctx, paths, spec)));
  const names = new Set(clusters.map(({ name }) => name));
  for (const name of clustersOnDisk(paths)) if (!names.has(name)) await removeCluster(ctx, paths, name, lab);
  return false;
}

/** Resolves when the file is replaced or the context ends. */
function changeOf(ctx: Context, path: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dirname(path), (_event, file) => {
      if (file === basename(path)) done();
    });
    const done = (): void => {
      watcher.close();
      resolve();
    };
    ctx.signal.addEventListener("abort", done, { once: true });
  });
}

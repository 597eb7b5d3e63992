/** Takes a cluster away that is no longer specified: containers, mounts, control groups, namespaces, files. */
import { existsSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { Context } from "#base/context.ts";
import { entriesOf } from "#base/folder.ts";
import { removeNode } from "#playground/kubelet/remove-node.ts";
import { deleteClusterNetwork } from "#playground/lab/cluster.ts";
import type { Lab } from "#playground/lab/lab.ts";
import { clusterPaths, labNameOf, type Paths } from "./paths.ts";

/** Clusters that have a folder: one with keys in it, which are made first and removed last. */
export function clustersOnDisk(paths: Paths): string[] {
  return entriesOf(paths.clusters).filter((name) => existsSync(clusterPaths(paths, name).pki));
}

/** The cluster's processes must have ended before. Repeatable, also after a crash half-way. */
export async function removeCluster(ctx: Context, paths: Paths, name: string, lab: Lab | undefined): Promise<void> {
  const own = clusterPaths(paths, name);
  const nodes = entriesOf(join(own.root, "nodes"));
  await Promise.all(
    nodes.map((node) =>
      removeNode(ctx, { directory: own.node(node), cgroupParent: `/${labNameOf(paths.home)}/${name}/${node}` }),
    ),
  );
  if (lab !== undefined) await deleteClusterNetwork(ctx, lab, name);
  // Last: as long as the folder is there, the removal is tried again.
  for (const entry of entriesOf(own.root))
    if (entry !== basename(own.pki)) rmSync(join(own.root, entry), { recursive: true, force: true });
  rmSync(own.root, { recursive: true, force: true });
}

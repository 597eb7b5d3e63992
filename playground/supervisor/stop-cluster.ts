/** Carries out `stopped` of a cluster's specification once its processes have ended, and says when that is done. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { stopNode } from "#playground/kubelet/stop-node.ts";
import { clusterPaths, type Paths } from "./paths.ts";
import type { ClusterSpec } from "./spec.ts";

const GRACE_MS = 5_000;

/** Ends the containers of a stopped cluster; a running one loses its mark. Repeatable. */
export async function followStopped(ctx: Context, paths: Paths, { name, stopped }: ClusterSpec): Promise<void> {
  const mark = markOf(paths, name);
  if (!stopped) {
    rmSync(mark, { force: true });
    return;
  }
  if (existsSync(mark)) return;
  const nodes = join(clusterPaths(paths, name).root, "nodes");
  const names = existsSync(nodes) ? readdirSync(nodes) : [];
  await Promise.all(names.map((node) => stopNode(ctx, join(nodes, node), GRACE_MS)));
  writeFileSync(mark, "");
}

/** Whether nothing of the stopped cluster runs any more. */
export function isAtRest(paths: Paths, name: string): boolean {
  return existsSync(markOf(paths, name));
}

function markOf(paths: Paths, name: string): string {
  return join(clusterPaths(paths, name).root, "stopped");
}

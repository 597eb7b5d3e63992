/** Ends everything a node agent has started and kept: for deleting a cluster, and after a crash. The agent itself must have ended before. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { thisHost } from "./host.ts";
import { detectCgroups, endCgroup, removeEmptyParents } from "./runtime/cgroup.ts";

export interface RemoveNodeOptions {
  /** As given to startKubelet. */
  readonly directory: string;
  readonly cgroupParent: string;
}

const UMOUNT_DEADLINE_MS = 10_000;
const CGROUP_DEADLINE_MS = 5_000;

/** Removes containers, mounts, control groups and the folder. Repeatable; a node that never was is success. */
export async function removeNode(ctx: Context, options: RemoveNodeOptions, host = thisHost): Promise<void> {
  if (existsSync(join(options.directory, "runtime"))) {
    using runtime = host.openRuntime(join(options.directory, "runtime"), () => undefined);
    await Promise.all(runtime.list().map((id) => runtime.remove(id)));
  }
  const mounts = mountsBelow(readFileSync("/proc/self/mounts", "utf8"), options.directory);
  if (mounts.length > 0)
    await host.run("umount", ["-l", ...mounts], { timeoutMs: UMOUNT_DEADLINE_MS, signal: ctx.signal });
  const cgroups = detectCgroups(options.cgroupParent, host.cgroupRoot);
  // Killed processes hold their groups until the kernel is done with them.
  await endCgroup(ctx, cgroups, options.cgroupParent, { timeoutMs: CGROUP_DEADLINE_MS, clock: host.clock });
  removeEmptyParents(cgroups, options.cgroupParent);
  rmSync(options.directory, { recursive: true, force: true });
}

/** Mount points below the folder, innermost first. */
export function mountsBelow(mounts: string, directory: string): string[] {
  const points = mounts.split("\n").map((line) => unescapePoint(line.split(" ")[1] ?? ""));
  return points.filter((point) => point.startsWith(`${directory}/`)).reverse();
}

/** The kernel writes spaces and the like as `\040`. */
function unescapePoint(point: string): string {
  return point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

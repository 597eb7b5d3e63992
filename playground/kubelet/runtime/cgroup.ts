/** Where containers' control groups are, whether we may make them, and what they say about usage. Linux: cgroup-v1/, cgroup-v2.rst */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { hasCode } from "#base/errors.ts";

export const CGROUP_ROOT = "/sys/fs/cgroup";
const POLL_MS = 20;

export type CgroupDriver =
  | { readonly version: 1; readonly root: string; readonly hierarchies: readonly string[] }
  | { readonly version: 2; readonly root: string }
  | { readonly version: "none"; readonly why: string };

/** Tries to make the parent group; when the machine forbids it, containers run without limits. */
export function detectCgroups(parent: string, root = CGROUP_ROOT): CgroupDriver {
  try {
    if (existsSync(`${root}/cgroup.controllers`)) {
      mkdirSync(join(root, parent), { recursive: true });
      return { version: 2, root };
    }
    const hierarchies = readdirSync(root).filter((name) => existsSync(join(root, name, "cgroup.procs")));
    if (hierarchies.length === 0) return { version: "none", why: `${root} holds no hierarchy` };
    for (const name of hierarchies) mkdirSync(join(root, name, parent), { recursive: true });
    return { version: 1, root, hierarchies };
  } catch (error) {
    return { version: "none", why: String(error) };
  }
}

/**
 * What all pods of a node get of the processors, beside whatever else wants them: as much as a machine of `cpus` does, in
 * the group `path`; in those above it, as much as those below together. Without it all pods of all clusters count as one
 * process. Kubernetes: the kubelet's group kubepods has the shares of the node's allocatable CPU
 */
export function setShares(driver: CgroupDriver, path: string, cpus: number): void {
  if (driver.version === "none") return;
  const [root, file, ofOne] =
    driver.version === 2
      ? [driver.root, "cpu.weight", WEIGHT_OF_ONE]
      : [join(driver.root, cpuHierarchy(driver.hierarchies)), "cpu.shares", SHARES_OF_ONE];
  const above = groupsAbove(path);
  // A group of version 2 has a weight where the one above hands the controller down.
  if (driver.version === 2) for (const group of above) write(join(root, group, "cgroup.subtree_control"), "+cpu");
  write(join(root, path, file), String(Math.round(ofOne * cpus)));
  // The root has none.
  for (const group of above.slice(1).reverse()) {
    const below = childrenOf(join(root, group)).map((child) => Number(readOr(join(child, file), "0")));
    const sum = below.reduce((total, shares) => total + shares, 0);
    write(join(root, group, file), String(Math.min(sum, ofOne * MOST_CPUS)));
  }
}

/** What a process outside of all groups has, in either version. */
const SHARES_OF_ONE = 1_024;
const WEIGHT_OF_ONE = 100;
/** Version 2 takes no weight above 10,000. */
const MOST_CPUS = 100;

/** From the root down: `/a/b` → `/`, `/a`. */
function groupsAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...groupsAbove(parent), parent];
}

/** Pods run without it all the same, where the controller is missing or somebody else's. */
function write(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch (error) {
    if (!["ENOENT", "EACCES", "EPERM", "EROFS", "EINVAL", "EBUSY"].some((code) => hasCode(error, code))) throw error;
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // It went meanwhile.
    return otherwise;
  }
}

function cpuHierarchy(hierarchies: readonly string[]): string {
  return hierarchies.find((name) => name.split(",").includes("cpu")) ?? "cpu";
}

export interface Usage {
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

export function readUsage(driver: CgroupDriver, path: string): Usage | undefined {
  if (driver.version === "none") return undefined;
  try {
    if (driver.version === 1) {
      return {
        cpuNanoseconds: Number(readFileSync(join(driver.root, "cpuacct", path, "cpuacct.usage"), "utf8")),
        memoryBytes: Number(readFileSync(join(driver.root, "memory", path, "memory.usage_in_bytes"), "utf8")),
      };
    }
    const microseconds = /usage_usec (\d+)/.exec(readFileSync(join(driver.root, path, "cpu.stat"), "utf8"))?.[1] ?? "0";
    return {
      cpuNanoseconds: Number(microseconds) * 1000,
      memoryBytes: Number(readFileSync(join(driver.root, path, "memory.current"), "utf8")),
    };
  } catch {
    // The group ends with its last process, possibly between two reads: there is no usage to report.
    return undefined;
  }
}

/** Whether the kernel killed a process of the group for want of memory. */
export function hasOomKill(driver: CgroupDriver, path: string): boolean {
  if (driver.version === "none") return false;
  const file =
    driver.version === 1
      ? join(driver.root, "memory", path, "memory.oom_control")
      : join(driver.root, path, "memory.events");
  if (!existsSync(file)) return false;
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0) > 0;
}

/** Removes an empty group and the groups below it, deepest first; one that is still in use stays. */
export function removeCgroup(driver: CgroupDriver, path: string): void {
  for (const root of rootsOf(driver)) removeTree(join(root, path));
}

/** Kills what still runs in a group or below it, and resolves when the group has gone, or `timeoutMs` have passed. */
export async function endCgroup(
  ctx: Context,
  driver: CgroupDriver,
  path: string,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<void> {
  const deadlineMs = clock.nowMs() + timeoutMs;
  const groups = rootsOf(driver).map((root) => join(root, path));
  for (;;) {
    // Anew each time: a runtime that was killed while it started a container has left children behind, which start others.
    for (const group of groups) for (const pid of processesIn(group)) kill(pid);
    for (const group of groups) removeTree(group);
    if (!groups.some((group) => existsSync(group)) || ctx.signal.aborted || clock.nowMs() >= deadlineMs) return;
    await sleep(ctx, POLL_MS, clock);
  }
}

/** Removes the groups above `path` that hold no other group any more. */
export function removeEmptyParents(driver: CgroupDriver, path: string): void {
  for (let parent = dirname(path); parent !== "/"; parent = dirname(parent)) {
    for (const root of rootsOf(driver)) removeIfEmpty(join(root, parent));
  }
}

function rootsOf(driver: CgroupDriver): string[] {
  if (driver.version === "none") return [];
  return driver.version === 1 ? driver.hierarchies.map((name) => join(driver.root, name)) : [driver.root];
}

function removeTree(directory: string): void {
  for (const child of childrenOf(directory)) removeTree(child);
  removeIfEmpty(directory);
}

/** Of a group and all below it. */
function processesIn(directory: string): number[] {
  try {
    const own = readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    // 0 stands for a process outside our PID namespace, and would be our own group for kill(2).
    return [...own.filter((pid) => pid > 0), ...childrenOf(directory).flatMap(processesIn)];
  } catch (error) {
    // Gone in between: with its last process.
    if (hasCode(error, "ENOENT") || hasCode(error, "ENODEV")) return [];
    throw error;
  }
}

function childrenOf(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    // Busy: its processes are still ending, or others use it; the next removal of the parent takes it along.
    if (!["EBUSY", "ENOTEMPTY", "ENOENT"].some((code) => hasCode(error, code))) throw error;
  }
}

/**
 * A node's control groups: `/<lab>/<cluster>/<node>/system` holds its daemons and the shims that they leave behind, `…/pods`
 * its containers. Whatever a node has started is in one of the two, so it can be ended without knowing what it was.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasCode } from "#base/errors.ts";
import { detectCgroups, removeCgroup, removeEmptyParents } from "#playground/kubelet/runtime/cgroup.ts";

const ROOT = "/sys/fs/cgroup";
const POLL_MS = 50;

export interface NodeCgroups {
  readonly parent: string;
  readonly system: string;
  readonly pods: string;
}

export function nodeCgroups(lab: string, cluster: string, node: string): NodeCgroups {
  const parent = `/${lab}/${cluster}/${node}`;
  return { parent, system: `${parent}/system`, pods: `${parent}/pods` };
}

/** Makes the groups in every hierarchy. Throws where the machine forbids it: a kubelet does not start without them. */
export function makeCgroups({ system, pods }: NodeCgroups): void {
  for (const path of [system, pods]) {
    const driver = detectCgroups(path);
    if (driver.version === "none") throw new Error(`make control group ${path}: ${driver.why}`);
    if (driver.version === 1) fillCpuset(path);
  }
}

/** In version 1 a group is born without processors and memory nodes, and then nothing can enter it. */
function fillCpuset(path: string): void {
  const hierarchy = join(ROOT, "cpuset");
  if (!existsSync(hierarchy)) return;
  const parts = path.split("/").filter((part) => part !== "");
  for (let depth = 1; depth <= parts.length; depth++) {
    const folder = join(hierarchy, ...parts.slice(0, depth));
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (readFileSync(join(folder, file), "utf8").trim() === "")
        writeFileSync(join(folder, file), readFileSync(join(dirname(folder), file), "utf8"));
    }
  }
}

/** The command that runs another one inside the group, in every hierarchy. */
export function insideCgroup(path: string, command: readonly string[]): [string, ...string[]] {
  const join = `for f in ${ROOT}${path}/cgroup.procs ${ROOT}/*${path}/cgroup.procs; do [ ! -e "$f" ] || echo $$ >"$f"; done`;
  return ["sh", "-ec", `${join}; exec "$@"`, "sh", ...command];
}

/** Ends all processes of the group and of those below it; resolves when none is left or after `timeoutMs`. */
export async function killCgroup(path: string, timeoutMs: number, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let pids = processesOf(path); pids.length > 0 && performance.now() < deadline; pids = processesOf(path)) {
    for (const pid of pids) send(pid, signal);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export function removeCgroups({ parent }: NodeCgroups): void {
  const driver = detectCgroups(parent);
  removeCgroup(driver, parent);
  removeEmptyParents(driver, parent);
}

/** The hierarchies agree about who is where; one is enough, the one of version 2 if it is all there is. */
function processesOf(path: string): number[] {
  const root = existsSync(join(ROOT, "cgroup.controllers")) ? ROOT : join(ROOT, "pids");
  return pidsBelow(join(root, path));
}

function pidsBelow(folder: string): number[] {
  try {
    const own = readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
    const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...below.flatMap((entry) => pidsBelow(join(folder, entry.name)))];
  } catch (error) {
    // The group has ended between two reads.
    if (hasCode(error, "ENOENT") || hasCode(error, "ENODEV")) return [];
    throw error;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, "ESRCH")) throw error;
  }
}

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import {
  type CgroupDriver,
  detectCgroups,
  endCgroup,
  hasOomKill,
  readUsage,
  removeCgroup,
  removeEmptyParents,
  setShares,
} from "./cgroup.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const folder = mkdtempSync(join(tmpdir(), "cgroup-test-"));
after(() => rmSync(folder, { recursive: true }));

/** A tree as the kernel would show it; folders end in a slash. */
function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(folder, "root-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path.endsWith("/") ? path : join(path, "..")), { recursive: true });
    if (!path.endsWith("/")) writeFileSync(join(root, path), content);
  }
  return root;
}

test("version 2 is known by its controllers, version 1 by its hierarchies, and the parent is made in all of them", () => {
  const unified = tree({ "cgroup.controllers": "cpu memory" });
  assert.deepEqual(detectCgroups("/lab/n", unified), { version: 2, root: unified });
  assert.ok(existsSync(join(unified, "lab/n")));
  const old = tree({ "cpu/cgroup.procs": "", "memory/cgroup.procs": "", "unrelated/x": "" });
  assert.deepEqual(detectCgroups("/lab/n", old), { version: 1, root: old, hierarchies: ["cpu", "memory"] });
  assert.ok(existsSync(join(old, "cpu/lab/n")) && existsSync(join(old, "memory/lab/n")));
  const none = tree({});
  assert.deepEqual(detectCgroups("/lab/n", none), { version: "none", why: `${none} holds no hierarchy` });
  assert.equal(detectCgroups("/lab/n", join(none, "absent")).version, "none");
});

test("pods of a node weigh as its processors do, and groups above as those below together", () => {
  const files = (name: string): Record<string, string> =>
    Object.fromEntries(["lab", "lab/c", "lab/c/n", "lab/c/m"].map((group) => [`cpu/${group}/${name}`, "2048\n"]));
  const v1 = tree(files("cpu.shares"));
  setShares({ version: 1, root: v1, hierarchies: ["memory", "cpu"] }, "/lab/c/n", 4);
  const weights = (root: string, name: string): (number | undefined)[] =>
    ["lab", "lab/c", "lab/c/n", "lab/c/m"].map((group) => Number(readFileSync(join(root, group, name), "utf8")));
  assert.deepEqual(weights(join(v1, "cpu"), "cpu.shares"), [6_144, 6_144, 4_096, 2_048]);
  const v2 = join(tree(files("cpu.weight")), "cpu");
  setShares({ version: 2, root: v2 }, "/lab/c/n", 4);
  assert.deepEqual(weights(v2, "cpu.weight"), [2_448, 2_448, 400, 2_048]);
  assert.deepEqual(
    ["", "lab", "lab/c"].map((group) => readFileSync(join(v2, group, "cgroup.subtree_control"), "utf8")),
    ["+cpu", "+cpu", "+cpu"],
  );
  setShares({ version: 2, root: v2 }, "/lab/c/n", 128);
  assert.deepEqual(weights(v2, "cpu.weight").slice(0, 2), [10_000, 10_000]);
});

test("usage is read where each version keeps it, and there is none of a group that is gone", () => {
  const v2 = tree({ "p/cpu.stat": "usage_usec 1500\n", "p/memory.current": "4096\n" });
  assert.deepEqual(readUsage({ version: 2, root: v2 }, "/p"), { cpuNanoseconds: 1_500_000, memoryBytes: 4_096 });
  const v1 = tree({ "cpuacct/p/cpuacct.usage": "7\n", "memory/p/memory.usage_in_bytes": "8\n" });
  const driver: CgroupDriver = { version: 1, root: v1, hierarchies: ["cpuacct", "memory"] };
  assert.deepEqual(readUsage(driver, "/p"), { cpuNanoseconds: 7, memoryBytes: 8 });
  assert.equal(readUsage(driver, "/gone"), undefined);
  assert.equal(readUsage({ version: "none", why: "" }, "/p"), undefined);
});

test("that the kernel killed for want of memory is read where each version keeps it", () => {
  const v2 = tree({ "yes/memory.events": "oom 1\noom_kill 1\n", "no/memory.events": "oom 3\noom_kill 0\n" });
  const v1 = tree({ "memory/yes/memory.oom_control": "under_oom 0\noom_kill 2\n" });
  const old: CgroupDriver = { version: 1, root: v1, hierarchies: ["memory"] };
  const both: CgroupDriver = { version: 2, root: v2 };
  assert.deepEqual(
    [hasOomKill(both, "/yes"), hasOomKill(both, "/no"), hasOomKill(both, "/gone"), hasOomKill(old, "/yes")],
    [true, false, false, true],
  );
  assert.equal(hasOomKill({ version: "none", why: "" }, "/yes"), false);
});

test("a group is removed with those below it; one that is still used stays, with those above", () => {
  const root = tree({ "lab/n/pod1/c1/": "", "lab/n/pod2/c1/cgroup.procs": "" });
  const driver: CgroupDriver = { version: 2, root };
  removeCgroup(driver, "/lab/n/pod1");
  removeCgroup(driver, "/lab/n/pod2");
  removeCgroup(driver, "/lab/n/none");
  assert.deepEqual(readdirSync(join(root, "lab/n")), ["pod2"]);
  removeEmptyParents(driver, "/lab/n/pod2/c1");
  assert.ok(existsSync(join(root, "lab/n/pod2")));
  rmSync(join(root, "lab/n/pod2"), { recursive: true });
  removeEmptyParents(driver, "/lab/n/pod2");
  assert.equal(existsSync(join(root, "lab")), false);
});

test("ending a group ends when it is gone, or when its time is over", async () => {
  const root = tree({ "gone/pod1/": "", "kept/pod1/x": "" });
  const driver: CgroupDriver = { version: 2, root };
  const clock = steppedClock();
  await endCgroup(ctx, driver, "/gone", { timeoutMs: 1_000, clock });
  assert.equal(existsSync(join(root, "gone")), false);
  let isOver = false;
  const ending = endCgroup(ctx, driver, "/kept", { timeoutMs: 1_000, clock }).then(() => (isOver = true));
  for (let i = 0; i < 49; i++) {
    clock.step(20);
    await new Promise(setImmediate);
  }
  assert.equal(isOver, false);
  clock.step(20);
  await ending;
});

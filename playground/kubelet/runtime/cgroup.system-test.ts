import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { detectCgroups, endCgroup } from "./cgroup.ts";

const root = process.getuid?.() === 0;
const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

test("a group goes with the groups below it and what still runs in them", { skip: !root }, async (t) => {
  const parent = `/cgroup-test-${process.pid}-${Math.floor(Math.random() * 1e6)}`;
  const driver = detectCgroups(parent);
  if (driver.version === "none") return t.skip(driver.why);
  const folders = driver.version === 2 ? ["/sys/fs/cgroup"] : driver.hierarchies.map((h) => join("/sys/fs/cgroup", h));
  const left: ChildProcess = spawn("sleep", ["300"], { stdio: "ignore" });
  try {
    for (const folder of folders) {
      mkdirSync(join(folder, parent, "pod1/c1"), { recursive: true });
      // A group of this kind takes no process before it has processors.
      if (!folder.endsWith("/cpuset")) writeFileSync(join(folder, parent, "pod1/c1/cgroup.procs"), String(left.pid));
    }
    await endCgroup(ctx, driver, parent, { timeoutMs: 5_000, clock: systemClock });
    if (left.signalCode === null) await once(left, "exit");
    assert.equal(left.signalCode, "SIGKILL");
    assert.deepEqual(
      folders.filter((folder) => existsSync(join(folder, parent))),
      [],
    );
    await endCgroup(ctx, driver, parent, { timeoutMs: 5_000, clock: systemClock });
  } finally {
    left.kill("SIGKILL");
  }
});

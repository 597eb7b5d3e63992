import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import type { Host } from "./host.ts";
import { removeNode } from "./remove-node.ts";
import { FakeRuntime } from "./runtime/testing/fake-runtime.ts";
import { stopNode } from "./stop-node.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const folder = mkdtempSync(join(tmpdir(), "node-life-test-"));
after(() => rmSync(folder, { recursive: true }));

/** What an agent has left: two containers that run. */
async function left() {
  const directory = mkdtempSync(join(folder, "n-"));
  const clock = steppedClock();
  const runtime = new FakeRuntime(clock);
  const cgroupRoot = join(directory, "cgroup");
  mkdirSync(join(cgroupRoot, "cpu"), { recursive: true });
  const host: Host = {
    ...{ clock, cgroupRoot, cpus: 2 },
    run: () => Promise.reject(new Error("nothing is to be run")),
    openRuntime: (at, onExit) => runtime.open(at, onExit),
  };
  const agent = join(directory, "agent");
  const opened = runtime.open(join(agent, "runtime"), () => undefined);
  for (const id of ["a", "b"])
    await opened.start(ctx, {
      ...{ id, name: id, spec: {}, tty: false, stdin: false, stdinOnce: false },
      logPath: join(directory, "logs", id),
    });
  return { agent, clock, runtime, host };
}

test("a node is stopped by SIGTERM, and by SIGKILL after its grace period", async () => {
  const { agent, clock, runtime, host } = await left();
  const signals: string[] = [];
  runtime.onSignal = (container, signal) => {
    signals.push(`${signal} ${container.name}`);
    if (container.name === "a" || signal === "SIGKILL") container.exit(0);
  };
  const stopped = stopNode(ctx, agent, 200, host);
  for (let i = 0; i < 4; i++) {
    assert.deepEqual(signals, ["SIGTERM a", "SIGTERM b"]);
    await new Promise(setImmediate);
    clock.step(50);
  }
  await stopped;
  assert.deepEqual(signals, ["SIGTERM a", "SIGTERM b", "SIGKILL b"]);
  await stopNode(ctx, join(folder, "never"), 200, host);
});

test("a removed node leaves neither containers nor its folder; one that never was is removed too", async () => {
  const { agent, runtime, host } = await left();
  await removeNode(ctx, { directory: agent, cgroupParent: "/lab/n" }, host);
  assert.deepEqual([runtime.running, existsSync(agent)], [[], false]);
  await removeNode(ctx, { directory: agent, cgroupParent: "/lab/n" }, host);
});

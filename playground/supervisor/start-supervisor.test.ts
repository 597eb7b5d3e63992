import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { deleteClusters } from "./commands.ts";
import { playgroundPaths } from "./paths.ts";
import { isHalted, killRecorded, startTimeOf, writeRecord } from "./processes.ts";
import { DEFAULT_CLUSTER, writeSpec } from "./spec.ts";
import { isSupervised, type PlaygroundPrograms, startSupervisor } from "./start-supervisor.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const MAIN = join(import.meta.dirname, "../../cmd/playground-supervisor.ts");

test("a supervisor that was halted, or died, counts as none and is replaced", async (t) => {
  const { home, programs, hung } = await homeWithHungSupervisor(t);
  const paths = playgroundPaths(home);
  assert.equal(isSupervised(paths), true);
  await halt(hung);
  assert.equal(isSupervised(paths), false);
  // One that cannot start: the test is about the old one.
  await startSupervisor(paths, { ...programs, node: "/bin/true" });
  if (hung.signalCode === null) await once(hung, "exit");
  assert.equal(hung.signalCode, "SIGKILL");
  while (isSupervised(paths)) await delay(10);
});

test("from a folder without clusters a deletion returns when its supervisor has ended, which leaves nothing", async (t) => {
  const { home, programs, hung } = await homeWithHungSupervisor(t);
  await killRecorded(home, "supervisor", 0);
  if (hung.signalCode === null) await once(hung, "exit");
  rmSync(join(home, "clusters"), { recursive: true });
  await deleteClusters(ctx, playgroundPaths(home), programs, [], 20_000);
  assert.equal(existsSync(home), false);
  await delay(1_000);
  assert.equal(existsSync(home), false);
});

for (const [state, timeoutMs] of [
  ["hangs", 8_000],
  ["is halted", 40_000],
] as const) {
  test(`clusters are deleted although the supervisor ${state}, and another process with it`, async (t) => {
    const { home, programs, hung } = await homeWithHungSupervisor(t);
    const other = sleeper(t);
    record(join(home, "run"), "milan.apiserver", other);
    await halt(other);
    if (state === "is halted") await halt(hung);
    const startedAt = performance.now();
    await deleteClusters(ctx, playgroundPaths(home), programs, [], timeoutMs);
    assert.equal(existsSync(home), false);
    assert.ok(performance.now() - startedAt < 7_500);
    assert.notEqual(hung.signalCode, null);
    assert.equal(other.signalCode, "SIGKILL");
  });
}

/** A cluster with files and nothing that runs, and a supervisor that does not follow. */
async function homeWithHungSupervisor(
  t: TestContext,
): Promise<{ home: string; programs: PlaygroundPrograms; hung: ChildProcess }> {
  const home = mkdtempSync(join(tmpdir(), "supervisor-test-"));
  const bundles = mkdtempSync(join(tmpdir(), "supervisor-test-"));
  writeFileSync(join(bundles, "playground-supervisor.js"), `await import(${JSON.stringify(MAIN)});`);
  mkdirSync(join(home, "clusters/milan/pki"), { recursive: true });
  writeSpec(playgroundPaths(home).spec, { clusters: [{ ...DEFAULT_CLUSTER, name: "milan" }] });
  const hung = sleeper(t);
  record(home, "supervisor", hung);
  t.after(async () => {
    await killRecorded(home, "supervisor");
    for (const folder of [home, bundles]) rmSync(folder, { recursive: true, force: true });
  });
  return { home, programs: { node: process.execPath, bundles, project: bundles }, hung };
}

function sleeper(t: TestContext): ChildProcess {
  const child = spawn("sleep", ["300"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

async function halt(child: ChildProcess): Promise<void> {
  child.kill("SIGSTOP");
  const halted = { pid: child.pid ?? 0, startTime: startTimeOf(child.pid ?? 0) ?? "" };
  while (!isHalted(halted)) await new Promise((resolve) => setTimeout(resolve, 5));
}

function record(folder: string, name: string, { pid = 0 }: ChildProcess): void {
  writeRecord(folder, name, { pid, startTime: startTimeOf(pid) ?? "" });
}

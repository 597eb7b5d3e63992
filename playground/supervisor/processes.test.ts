import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import {
  findRecord,
  isAlive,
  killRecorded,
  listRecords,
  type PidRecord,
  Processes,
  type ProcessSpec,
  startTimeOf,
  writeRecord,
} from "./processes.ts";

const root: Context = { signal: new AbortController().signal, log: silentLogger };
const LOOK_MS = 20;
// Ends a test that waits for what never comes; none fails by how soon something comes.
const DEADLINE_MS = 60_000;

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (const end = performance.now() + DEADLINE_MS; performance.now() < end; await delay(LOOK_MS)) {
    const found = look();
    if (found !== undefined) return found;
  }
  throw new Error(`never: ${what}`);
}

/** The record of a process that runs, other than `before`. */
function running(folder: string, name: string, before?: PidRecord): Promise<PidRecord> {
  return until(`${name} runs`, () => {
    const record = findRecord(folder, name);
    return record !== undefined && record.pid !== before?.pid && isAlive(record) ? record : undefined;
  });
}

function fixture() {
  const folder = mkdtempSync(join(tmpdir(), "processes-test-"));
  const run = join(folder, "run");
  const spec = (name: string, word = "x"): ProcessSpec => ({
    name,
    command: ["/bin/sh", "-c", `echo started ${word}; exec sleep 600`],
    logFile: join(folder, "logs", `${name}.log`),
  });
  return { folder, run, spec };
}

test("processes are started, started again when they die, and ended when they are not wanted any more", async () => {
  const { folder, run, spec } = fixture();
  const { ctx, cancel } = withCancel(root);
  const processes = new Processes(ctx, run);
  await processes.ensure([spec("a"), spec("b")]);
  const [a, b] = [await running(run, "a"), await running(run, "b")];
  process.kill(a.pid, "SIGKILL");
  const again = await running(run, "a", a);
  assert.equal(isAlive(b), true);
  await processes.ensure([spec("a")]);
  assert.equal(isAlive(b), false);
  assert.deepEqual(listRecords(run), ["a"]);
  await processes.ensure([spec("a", "changed")]);
  assert.equal(isAlive(again), false);
  const changed = await running(run, "a", again);
  // It runs before it has written anything.
  const log = (): string => readFileSync(spec("a").logFile, "utf8");
  await until("the changed command writes", () => (log().includes("started changed") ? true : undefined));
  await processes.stopAll();
  assert.equal(isAlive(changed), false);
  cancel();
  rmSync(folder, { recursive: true });
});

test("a supervisor that follows another adopts its processes, and ends those that are not wanted", async () => {
  const { folder, run, spec } = fixture();
  const first = withCancel(root);
  await new Processes(first.ctx, run).ensure([spec("a"), spec("b")]);
  const [a, b] = [await running(run, "a"), await running(run, "b")];
  first.cancel();
  const second = withCancel(root);
  const processes = new Processes(second.ctx, run);
  await processes.ensure([spec("a")]);
  assert.equal(isAlive(b), false);
  assert.deepEqual(findRecord(run, "a"), a);
  assert.equal(isAlive(a), true);
  await processes.stopAll();
  assert.equal(isAlive(a), false);
  second.cancel();
  rmSync(folder, { recursive: true });
});

test("a process is known by its start as well as its number; another one of that number is left alone", async () => {
  const { folder, run } = fixture();
  const startTime = startTimeOf(process.pid);
  assert.notEqual(startTime, undefined);
  assert.equal(isAlive({ pid: process.pid, startTime: startTime ?? "" }), true);
  writeRecord(run, "reused", { pid: process.pid, startTime: "1" });
  assert.equal(isAlive(findRecord(run, "reused") ?? { pid: 0, startTime: "" }), false);
  await killRecorded(run, "reused");
  assert.equal(existsSync(join(run, "reused.pid")), false);
  rmSync(folder, { recursive: true });
});

test("a record that a crash cut short is none", () => {
  const { folder, run } = fixture();
  assert.deepEqual(listRecords(run), []);
  writeRecord(run, "cut", { pid: 1, startTime: "1" });
  writeFileSync(join(run, "cut.pid"), '{"pid":');
  assert.equal(findRecord(run, "cut"), undefined);
  assert.deepEqual(listRecords(run), ["cut"]);
  rmSync(folder, { recursive: true });
});

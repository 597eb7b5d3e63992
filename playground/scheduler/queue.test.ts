import assert from "node:assert/strict";
import { test } from "node:test";
import { FLUSH_MS, SchedulingQueue } from "./queue.ts";

/** A queue whose timers go off only when they are told to. */
function queueWithTimers() {
  const timers = new Map<() => void, number>();
  const queue = new SchedulingQueue((delayMs, run) => {
    timers.set(run, delayMs);
    return () => timers.delete(run);
  });
  const delays = (): number[] => [...timers.values()];
  const fire = (): void => {
    for (const run of [...timers.keys()]) {
      timers.delete(run);
      run();
    }
  };
  return { queue, delays, fire };
}

/** Everything that is due, in order. */
async function drain(queue: SchedulingQueue): Promise<string[]> {
  queue.add("last", Number.NEGATIVE_INFINITY);
  const keys: string[] = [];
  for (let key = await queue.get(); key !== undefined && key !== "last"; key = await queue.get()) keys.push(key);
  return keys;
}

test("pods come by priority, and those of one priority in the order of their arrival", async () => {
  const { queue } = queueWithTimers();
  queue.add("off/plain-1", 0);
  queue.add("off/important-1", 1_000);
  queue.add("off/plain-2", 0);
  queue.add("off/humble", -5);
  queue.add("off/important-2", 1_000);
  assert.deepEqual(await drain(queue), [
    "off/important-1",
    "off/important-2",
    "off/plain-1",
    "off/plain-2",
    "off/humble",
  ]);
});

test("a pod waits once, and one made anew under the same name has its own priority", async () => {
  const { queue } = queueWithTimers();
  queue.add("off/a", 0);
  queue.add("off/b", 0);
  queue.add("off/a", 0);
  assert.deepEqual(await drain(queue), ["off/a", "off/b"]);
  queue.add("off/a", 0);
  queue.add("off/b", 0);
  queue.add("off/b", 7);
  assert.deepEqual(await drain(queue), ["off/b", "off/a"]);
});

test("who asks before there is a pod gets the first one that comes", async () => {
  const { queue } = queueWithTimers();
  const next = queue.get();
  queue.add("off/a", 0);
  assert.equal(await next, "off/a");
  assert.deepEqual(await drain(queue), []);
});

test("what fits nowhere is tried again when the cluster changes, with its priority, or after a minute", async () => {
  const { queue, delays, fire } = queueWithTimers();
  queue.addUnschedulable("off/a", 0);
  queue.addUnschedulable("off/b", 5);
  assert.deepEqual(delays(), [FLUSH_MS, FLUSH_MS]);
  assert.deepEqual(await drain(queue), []);
  queue.retryUnschedulable();
  assert.deepEqual(delays(), []);
  assert.deepEqual(await drain(queue), ["off/b", "off/a"]);
  queue.addUnschedulable("off/a", 0);
  fire();
  assert.deepEqual(await drain(queue), ["off/a"]);
});

test("failures come back later and later, whatever changes, until one attempt succeeds", async () => {
  const { queue, delays, fire } = queueWithTimers();
  const seen: number[] = [];
  for (let i = 0; i < 16; i++) {
    queue.addBackoff("off/a", 0);
    seen.push(...delays());
    queue.retryUnschedulable();
    fire();
    assert.deepEqual(await drain(queue), ["off/a"]);
  }
  assert.deepEqual(seen.slice(0, 3), [5, 10, 20]);
  assert.equal(seen.at(-1), 60_000);
  queue.addBackoff("off/a", 0);
  queue.retryUnschedulable();
  assert.deepEqual(await drain(queue), []);
  queue.forget("off/a");
  queue.addBackoff("off/a", 0);
  assert.deepEqual(delays(), [5]);
});

test("a pod that changed while it was tried does not wait for the cluster to change", async () => {
  const { queue, delays } = queueWithTimers();
  queue.add("off/a", 0);
  queue.addUnschedulable("off/a", 0);
  queue.addBackoff("off/a", 0);
  assert.deepEqual(delays(), []);
  assert.deepEqual(await drain(queue), ["off/a"]);
});

test("a pod that is gone is not given out, and leaves no timer and no count of failures", async () => {
  const { queue, delays } = queueWithTimers();
  queue.add("off/a", 0);
  queue.addBackoff("off/b", 0);
  queue.addUnschedulable("off/c", 0);
  for (const key of ["off/a", "off/b", "off/c"]) queue.delete(key);
  assert.deepEqual(await drain(queue), []);
  assert.deepEqual(delays(), []);
  queue.addBackoff("off/b", 0);
  assert.deepEqual(delays(), [5]);
});

test("a closed queue gives out nothing, takes nothing and leaves no timer", async () => {
  const { queue, delays } = queueWithTimers();
  queue.addUnschedulable("off/a", 0);
  const next = queue.get();
  queue.close();
  assert.equal(await next, undefined);
  queue.add("off/b", 0);
  queue.addBackoff("off/c", 0);
  assert.equal(await queue.get(), undefined);
  assert.deepEqual(delays(), []);
});

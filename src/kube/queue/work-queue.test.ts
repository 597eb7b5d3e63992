import assert from "node:assert/strict";
import { test } from "node:test";
import { steppedClock } from "#kit/stepped-clock.ts";
import { WorkQueue } from "./work-queue.ts";

/** What is there to be taken now. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const taken: string[] = [];
  while (queue.length > 0) taken.push((await queue.get()) ?? "");
  return taken;
}

test("a key waits once, however often it is added, and keys come in order", async () => {
  const queue = new WorkQueue({ clock: steppedClock() });
  for (const key of ["a", "b", "a"]) queue.add(key);
  assert.deepEqual(await takeAll(queue), ["a", "b"]);
});

test("a key in work is never given to a second worker, and comes back when it was added meanwhile", async () => {
  const queue = new WorkQueue({ clock: steppedClock() });
  queue.add("a");
  await queue.get();
  queue.add("a");
  queue.add("a");
  assert.equal(queue.length, 0);
  queue.done("a");
  assert.deepEqual(await takeAll(queue), ["a"]);
  queue.done("a");
  assert.equal(queue.length, 0);
});

test("who waits gets the next key at once", async () => {
  const queue = new WorkQueue({ clock: steppedClock() });
  const next = queue.get();
  queue.add("a");
  assert.equal(await next, "a");
  queue.add("a");
  assert.equal(queue.length, 0);
});

test("a key that is to come later comes then", async () => {
  const clock = steppedClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 100);
  clock.step(99);
  assert.equal(queue.length, 0);
  clock.step(1);
  assert.deepEqual(await takeAll(queue), ["a"]);
});

for (const [name, expectedMs, delays] of [
  ["an earlier time counts", 50, [100, 50]],
  ["a later one does not", 50, [50, 100]],
  ["no time at all is now", undefined, [100, 0]],
  ["nor is a time that has gone by", undefined, [100, -1]],
] as const) {
  test(`of two times for one key, ${name}`, () => {
    const clock = steppedClock();
    const queue = new WorkQueue({ clock });
    for (const delayMs of delays) queue.addAfter("a", delayMs);
    assert.equal(clock.nextMs(), expectedMs);
    assert.equal(queue.length, expectedMs === undefined ? 1 : 0);
  });
}

test("a key that is added now does not come a second time for the later one", () => {
  const clock = steppedClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 100);
  queue.add("a");
  assert.equal(clock.nextMs(), undefined);
});

test("failures come back later and later, up to a minute, each key by itself", () => {
  const clock = steppedClock();
  const queue = new WorkQueue({ clock });
  const delays = Array.from({ length: 16 }, () => {
    queue.addRateLimited("a");
    const delayMs = clock.nextMs() ?? 0;
    clock.step(delayMs);
    return delayMs;
  });
  assert.deepEqual(delays.slice(0, 4), [5, 10, 20, 40]);
  assert.equal(delays.at(-1), 60_000);
  queue.addRateLimited("b");
  assert.equal(clock.nextMs(), 5);
});

test("success forgets failures", async () => {
  const clock = steppedClock();
  const queue = new WorkQueue({ clock });
  const fail = async (): Promise<number | undefined> => {
    queue.addRateLimited("a");
    const delayMs = clock.nextMs();
    clock.step(delayMs ?? 0);
    await queue.get();
    queue.done("a");
    return delayMs;
  };
  assert.deepEqual([await fail(), await fail()], [5, 10]);
  queue.forget("a");
  assert.equal(await fail(), 5);
});

test("a closed queue lets everybody go, and takes nothing any more", async () => {
  const clock = steppedClock();
  const queue = new WorkQueue({ clock });
  const waiting = queue.get();
  queue.addAfter("a", 100);
  queue.close();
  assert.equal(await waiting, undefined);
  assert.equal(await queue.get(), undefined);
  queue.add("b");
  queue.addAfter("c", 1);
  assert.equal(clock.nextMs(), undefined);
  assert.equal(queue.length, 0);
});

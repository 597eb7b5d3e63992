import assert from "node:assert/strict";
import { test } from "node:test";
import { type GarbageInput, planGarbage } from "./garbage.ts";

const MINUTE = 60_000;
type Image = GarbageInput["images"][number];

const image = (reference: string, own: Partial<Image> = {}): Image => ({
  ...{ reference, parts: { [reference]: 10 }, lastUsedMs: 0, isUsed: false, isLoaded: false },
  ...own,
});
const plan = (usedBytes: number, images: readonly Image[], mostAgeMs = 0, wantedBytes = 0): string[] =>
  planGarbage({ nowMs: 100 * MINUTE, usedBytes, mostBytes: 100, mostAgeMs, wantedBytes, images });

test("below 85 % nothing goes; from there on the least recently used, down to 80 %", () => {
  const images = [image("new", { lastUsedMs: 9 }), image("old", { lastUsedMs: 1 }), image("mid", { lastUsedMs: 5 })];
  assert.deepEqual(plan(84, images), []);
  assert.deepEqual(plan(85, images), ["old"]);
  assert.deepEqual(plan(95, images), ["old", "mid"]);
});

test("what a container uses stays, and what came just now, however full it is", () => {
  assert.deepEqual(plan(100, [image("used", { isUsed: true }), image("fresh", { lastUsedMs: 99 * MINUTE })]), []);
});

test("what others need as well frees nothing", () => {
  const shared = [
    image("a", { parts: { base: 50, a: 1 }, lastUsedMs: 1 }),
    image("b", { parts: { base: 50, b: 10 }, lastUsedMs: 2, isUsed: true }),
    image("c", { parts: { c: 20 }, lastUsedMs: 3 }),
    image("d", { lastUsedMs: 4 }),
  ];
  assert.deepEqual(plan(90, shared), ["a", "c"]);
});

test("what was loaded by hand goes last, and not for its age", () => {
  const images = [image("loaded", { isLoaded: true }), image("pulled", { lastUsedMs: 5 })];
  assert.deepEqual(plan(88, images), ["pulled"]);
  assert.deepEqual(plan(100, images), ["pulled", "loaded"]);
  assert.deepEqual(plan(10, images, 90 * MINUTE), ["pulled"]);
  assert.deepEqual(plan(10, images, 101 * MINUTE), []);
});

test("for an image that has no room as much goes as it takes, and nothing where that is not enough", () => {
  const images = [image("old", { lastUsedMs: 1 }), image("mid", { lastUsedMs: 5 }), image("used", { isUsed: true })];
  assert.deepEqual(plan(70, images, 0, 30), []);
  assert.deepEqual(plan(70, images, 0, 35), ["old"]);
  assert.deepEqual(plan(70, images, 0, 50), ["old", "mid"]);
  assert.deepEqual(plan(70, images, 0, 51), []);
  assert.deepEqual(plan(85, images, 0, 51), ["old"]);
});

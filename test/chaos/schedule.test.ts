import assert from "node:assert/strict";
import { test } from "node:test";
import { schedule } from "./schedule.ts";

const NAMES = ["a", "b", "c", "d", "e"];

function first(seed: number, count: number): readonly (readonly string[])[] {
  const steps = schedule(seed, NAMES);
  return Array.from({ length: count }, () => steps.next().value.faults);
}

test("a seed names a schedule, another seed another", () => {
  assert.deepEqual(first(1, 40), first(1, 40));
  assert.notDeepEqual(first(1, 40), first(2, 40));
});

test("every fault comes alone before one comes alone again, and pairs come between", () => {
  const steps = first(7, 4 * NAMES.length);
  const alone = steps.filter(({ length }) => length === 1).flat();
  assert.deepEqual(alone.slice(0, NAMES.length).sort(), NAMES);
  assert.deepEqual(alone.slice(NAMES.length).sort(), NAMES);
  const pairs = steps.filter(({ length }) => length === 2);
  assert.equal(pairs.length, steps.length / 2);
  for (const [one, other] of pairs) assert.notEqual(one, other);
});

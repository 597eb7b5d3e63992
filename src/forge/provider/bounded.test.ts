import assert from "node:assert/strict";
import { test } from "node:test";
import { bounded, MOST_STATUS_BYTES, sizeProblem } from "./bounded.ts";

const small = { characters: 3, items: 2, keys: 2 };

for (const [name, value, expected] of [
  ["what fits stays", { a: ["b", 1, true, null] }, { a: ["b", 1] }],
  ["a long text", "abcd", "abc"],
  ["a long list", [1, 2, 3], [1, 2]],
  ["a large map", { a: 1, b: 2, c: 3 }, { a: 1, b: 2 }],
  ["texts in lists in maps", { a: [{ b: "abcd" }] }, { a: [{ b: "abc" }] }],
  ["a long key", { abcd: 1 }, { abc: 1 }],
] as const) {
  test(name, () => assert.deepEqual(bounded<unknown>(value, small), expected));
}

test("depth ends", () => {
  let value: unknown = "x";
  for (let i = 0; i < 10_000; i++) value = [value];
  assert.ok(JSON.stringify(bounded(value)).length < 100);
});

test("a status of a usual size is taken, a huge one is not", () => {
  assert.equal(sizeProblem({ message: "x".repeat(4_096) }), undefined);
  assert.equal(sizeProblem(undefined), undefined);
  assert.match(sizeProblem({ message: "ü".repeat(MOST_STATUS_BYTES / 2) }) ?? "", /at most 262144 are taken/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { recommend } from "./recommend.ts";

const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];

test("at most five are recommended, none that is there, none twice", () => {
  const found = recommend(ids, ["a", "b"], Math.random);
  assert.equal(found.length, 5);
  assert.equal(new Set(found).size, 5);
  assert.ok(found.every((id) => ids.includes(id) && id !== "a" && id !== "b"));
});

test("a small catalogue gives what it has", () => assert.deepEqual(recommend(["a"], ["a"], Math.random), []));

import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonValue, oneof, string } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { MAX_DEPTH, parseJson } from "./json.ts";

const isRefusal = (error: unknown): boolean => error instanceof SyntaxError;

test("what JSON says is read", () => {
  forAll(jsonValue(), (value) => assert.deepEqual(parseJson(JSON.stringify(value)), JSON.parse(JSON.stringify(value))));
});

test("anything else is a syntax error", () => {
  forAll(oneof(string(), string({ unit: "binary" })), (text) => parseOrRefuse(parseJson, text, isRefusal));
});

test("what nests deeper than can be walked over is refused, brackets within strings are not counted", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  assert.ok(Array.isArray(parseJson(nested(MAX_DEPTH))));
  assert.throws(() => parseJson(nested(MAX_DEPTH + 1)), { name: "SyntaxError", message: "exceeded max depth" });
  const long = '\\"[{\\\\'.repeat(2000);
  assert.deepEqual(parseJson(JSON.stringify({ [long]: long })), { [long]: long });
});

for (const [name, text] of [
  ["a million brackets", "[".repeat(1_000_000)],
  ["a million braces", '{"a":'.repeat(1_000_000)],
  ["a million backslashes", `"${"\\".repeat(1_000_000)}`],
  ["a million quotation marks", '"'.repeat(1_000_000)],
  ["a million numbers", `[${"1,".repeat(1_000_000)}1]`],
] as const) {
  test(`${name} cost no more than their length`, () => {
    takesAtMost(1_000, () => parseOrRefuse(parseJson, text, isRefusal));
  });
}

/** Whatever a page says of its terminal: a value within its bounds, or nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { anything, constantFrom, double, integer, json, oneof, record, string } from "fast-check";
import { forAll } from "#kit/properties.ts";
import { parseShellSaid } from "./said.ts";

test("what a page says is read as it was said", () => {
  const cells = integer({ min: 1, max: 65_535 });
  forAll(record({ is: constantFrom("size" as const), columns: cells, rows: cells }), (said) =>
    assert.deepEqual(parseShellSaid(JSON.stringify(said)), { ...said }),
  );
  const bytes = integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  forAll(record({ is: constantFrom("read" as const), bytes }), (said) =>
    assert.deepEqual(parseShellSaid(JSON.stringify(said)), { ...said }),
  );
});

test("any text is a size, a number of bytes, or nothing", () => {
  const value = oneof(integer(), double(), string(), anything());
  const like = record({ is: constantFrom("size", "read", "open"), columns: value, rows: value, bytes: value });
  const text = oneof(
    string({ unit: "binary", maxLength: 300 }),
    json(),
    like.map((said) => JSON.stringify(said, (_, each) => (typeof each === "bigint" ? String(each) : each))),
  );
  forAll(text, (said) => {
    const parsed = parseShellSaid(said);
    const numbers = parsed === undefined ? [] : parsed.is === "size" ? [parsed.columns, parsed.rows] : [parsed.bytes];
    assert.ok(numbers.every((number) => Number.isSafeInteger(number) && number > 0));
    assert.ok(parsed?.is !== "size" || numbers.every((number) => number <= 65_535));
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_LINES, withText } from "./lines.ts";

test("lines are put together from pieces, however they are cut", () => {
  const pieces = ["on", "e\ntw", "", "o\nthree"];
  const all = pieces.reduce((lines, piece) => withText(lines, piece, 10), NO_LINES);
  assert.deepEqual(all, { lines: ["one", "two"], rest: "three", dropped: 0 });
});

test("no more are kept than wanted, and it is known how many went", () => {
  const all = withText(withText(NO_LINES, "1\n2\n3\n", 2), "4\n", 2);
  assert.deepEqual(all, { lines: ["3", "4"], rest: "", dropped: 2 });
});

test("a line without an end does not grow for ever", () => {
  const long = "x".repeat(9_000);
  assert.equal(withText(withText(NO_LINES, long, 2), long, 2).rest.length, 10_000);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { warningHeaders } from "./warnings.ts";

test("each warning is a header once, and what no header can carry is left out", () => {
  const headers = ['299 - "a \\"b\\""', '299 - "c"', '299 - "?"'];
  assert.deepEqual(warningHeaders(['a "b"', "c", 'a "b"', "", "two\nlines", "é"]), headers);
});

test("warnings that are too long together are cut, and as many as fit are kept", () => {
  const long = "x".repeat(5_000);
  assert.deepEqual(warningHeaders([long]), [`299 - "${"x".repeat(256)}"`]);
  assert.deepEqual(warningHeaders(["y".repeat(4_000)]), [`299 - "${"y".repeat(4_000)}"`]);
  const many = Array.from({ length: 10_000 }, (_, i) => `warning ${i}`);
  const kept = warningHeaders(many);
  assert.ok(kept.length > 100 && kept.join("").length < 8_000);
  assert.equal(kept[0], '299 - "warning 0"');
});

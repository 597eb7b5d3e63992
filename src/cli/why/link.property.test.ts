import assert from "node:assert/strict";
import { test } from "node:test";
import { string } from "fast-check";
import { forAll } from "#kit/properties.ts";
import { broken, formatLinks } from "./link.ts";

test("whatever a cluster says is one line, of a length, and nothing that a terminal obeys", () => {
  forAll(string({ unit: "binary", maxLength: 5_000 }), (text) => {
    const { says, hint = "" } = broken("link", text, text);
    assert.equal(says, hint);
    assert.ok(says.length <= 2_001);
    assert.doesNotMatch(says, /[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
  });
});

test("an escape that would move the cursor is none any more", () => {
  assert.equal(formatLinks([broken("image", "\u001b[2K\u001b[1Afine\nreally")]), "✗ image   [2K [1Afine really");
});

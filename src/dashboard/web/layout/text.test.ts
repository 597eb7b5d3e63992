import assert from "node:assert/strict";
import { test } from "node:test";
import { fitted, widthOf } from "./text.ts";

test("what fits stays as it is", () => assert.equal(fitted("worker-1", 200, 12), "worker-1"));
test("where not even two letters fit there is nothing", () => assert.equal(fitted("abc", 8, 12), ""));

test("what is cut fits, and keeps both ends", () => {
  const cut = fitted("frontend-7c9f8d6b5-x2x7b", 90, 12);
  assert.match(cut, /^front.*…/);
  assert.match(cut, /x7b$/);
  assert.ok(widthOf(cut, 12) <= 90);
});

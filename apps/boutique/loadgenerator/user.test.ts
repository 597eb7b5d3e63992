import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseAction } from "./user.ts";

for (const [random, name] of [
  [0, "index"],
  [0.06, "setCurrency"],
  [0.2, "browseProduct"],
  [0.7, "addToCart"],
  [0.8, "viewCart"],
  [0.99, "checkout"],
] as const) {
  test(`${random} chooses ${name}`, () => assert.equal(chooseAction(random), name));
}

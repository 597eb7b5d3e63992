import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseAds } from "./ads.ts";

test("a category gives its own ads", () => {
  assert.deepEqual(
    chooseAds(["footwear"], Math.random).map(({ redirectUrl }) => redirectUrl),
    ["/product/L9ECAV7KIM"],
  );
});

test("no matching category gives random ads", () => {
  assert.equal(chooseAds(["zeppelins"], Math.random).length, 2);
  assert.equal(chooseAds([], () => 0).length, 2);
  // A name that every object has is no category either.
  assert.ok(chooseAds(["constructor"], Math.random).every(({ text }) => typeof text === "string"));
});

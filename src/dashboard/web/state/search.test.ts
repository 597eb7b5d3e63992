import assert from "node:assert/strict";
import { test } from "node:test";
import { demoWorld } from "../testing/demo-world.ts";
import { itemsOf } from "./picture.ts";
import { found } from "./search.ts";
import { kindWords, nameOf } from "./words.ts";

const items = itemsOf({ at: 0, items: demoWorld(1_800_000_000_000) });
const names = (query: string) => found(items, query, 5).map((item) => `${kindWords(item)} ${nameOf(item)}`);

test("nothing is found for nothing", () => assert.deepEqual(names("  "), []));
test("what is not there is not found", () => assert.deepEqual(names("shop nowhere"), []));
test("a name itself comes before what begins with it", () => {
  assert.deepEqual(names("shop").slice(0, 2), ["Namespace shop", "Ingress shop"]);
});
test("words may be anywhere: kind, cluster, namespace", () => {
  assert.deepEqual(names("pod rome frontend"), ["Pod frontend-7c9f8d6b5-ghi96", "Pod frontend-7c9f8d6b5-ghi96"]);
});
test("an address finds its Service", () => {
  assert.deepEqual(names("172.20.0.100"), ["Service frontend"]);
});
test("no more than asked for", () => assert.equal(found(items, "o", 3).length, 3));

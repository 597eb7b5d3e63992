import assert from "node:assert/strict";
import { test } from "node:test";
import { isLiqoKey } from "./liqo-keys.ts";

for (const [key, isLiqos] of [
  ["liqo.io/cordon", true],
  ["offloading.liqo.io/origin", true],
  ["a.b.liqo.io/c", true],
  ["liqo.io", false],
  ["app", false],
  ["example.com/liqo.io", false],
  ["notliqo.io/cordon", false],
  ["liqo.io.example.com/cordon", false],
] as const) {
  test(`${key} is ${isLiqos ? "" : "not "}Liqo's`, () => assert.equal(isLiqoKey(key), isLiqos));
}

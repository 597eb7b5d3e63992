import assert from "node:assert/strict";
import { test } from "node:test";
import { addResources, formatMilli, milliOf, parseQuantityMilli } from "./quantity.ts";

for (const [text, milli] of [
  ["0", 0n],
  ["250m", 250n],
  ["1.5", 1500n],
  ["64Mi", 67_108_864_000n],
  ["3k", 3_000_000n],
  ["1e3", 1_000_000n],
  [".5", 500n],
  ["1u", 1n],
  ["-2", -2000n],
] as const) {
  test(`${text} is ${milli} thousandths`, () => assert.equal(milliOf(text), milli));
}

for (const text of ["", "m", "1 Gi", "0x1", "1KiB", "."]) {
  test(`"${text}" is not a quantity`, () => assert.equal(parseQuantityMilli(text), undefined));
}

test("amounts are written in the shortest form of their kind", () => {
  assert.equal(formatMilli(67_108_864_000n, "binary"), "64Mi");
  assert.equal(formatMilli(1500n), "1500m");
  assert.equal(formatMilli(3_000_000n), "3k");
});

test("sums keep binary suffixes", () => {
  assert.deepEqual(addResources({ cpu: "100m", memory: "64Mi" }, { cpu: "900m", memory: "64Mi" }), {
    cpu: "1",
    memory: "128Mi",
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { bigInt, constantFrom, oneof, string, stringMatching, tuple } from "fast-check";
import { forAll, takesAtMost } from "#kit/properties.ts";
import { addResources, findQuantityError, formatMilli, milliOf, parseQuantityMilli } from "./quantity.ts";

// Kubernetes: no quantity is larger than 2^63-1.
const MAX = 9_223_372_036_854_775_807_000n;
const WRONG_FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const WRONG_SUFFIX = "unable to parse quantity's suffix";

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
  ["-0.0001", -1n],
  ["1e-400", 1n],
  ["0.000e+5", 0n],
  ["1.5Ki", 1_536_000n],
  // Kubernetes' scanner sees a zero where no digits are.
  ["m", 0n],
  [".", 0n],
  ["9223372036854775807", MAX],
  ["9223372036854775808", MAX],
  ["8Ei", MAX],
  ["1e400", MAX],
  ["-9Ei", -MAX],
] as const) {
  test(`${text} is ${milli} thousandths`, () => assert.equal(milliOf(text), milli));
}

for (const [text, why] of [
  ["", WRONG_FORM],
  ["1 Gi", WRONG_FORM],
  ["0x1", WRONG_FORM],
  ["1KiB", WRONG_FORM],
  ["1e3Ki", WRONG_FORM],
  ["1.1.1", WRONG_FORM],
  ["1ki", WRONG_SUFFIX],
  ["1i", WRONG_SUFFIX],
  ["1e", WRONG_SUFFIX],
  ["1e99999999999999999999", WRONG_SUFFIX],
] as const) {
  test(`"${text}" is not a quantity: ${why}`, () => {
    assert.equal(parseQuantityMilli(text), undefined);
    assert.equal(findQuantityError(text), why);
  });
}

const NINES = "9".repeat(1_000_000);
const ZEROS = "0".repeat(1_000_000);
for (const [name, text, milli] of [
  ["a million nines", NINES, MAX],
  ["a million nines and an unknown unit", `${NINES}x`, undefined],
  ["a million zeros and an unknown unit", `${ZEROS}x`, undefined],
  ["a million decimals", `1.${NINES}Ei`, 2_305_843_009_213_693_952_000n],
  ["a million zeros behind the point, taken back by the exponent", `0.${ZEROS}1e1000000`, 100n],
  ["an exponent of a million digits", `1e${NINES}`, undefined],
  ["a million letters", "e".repeat(1_000_000), undefined],
] as const) {
  test(`${name} cost no more than their length`, () => {
    assert.equal(
      takesAtMost(100, () => parseQuantityMilli(text)),
      milli,
    );
  });
}

test("whatever the text, it is an amount within the bounds or has a reason", () => {
  const alike = stringMatching(/^[+-]?[0-9.]{0,30}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,5}$/);
  forAll(oneof(alike, string()), (text) => {
    const milli = parseQuantityMilli(text);
    assert.equal(milli === undefined, findQuantityError(text) !== undefined);
    assert.ok(milli === undefined || (milli <= MAX && milli >= -MAX));
  });
});

test("what is written is read again as the same amount", () => {
  const amounts = tuple(bigInt({ min: -MAX, max: MAX }), constantFrom("decimal", "binary"));
  forAll(amounts, ([milli, format]) => assert.equal(parseQuantityMilli(formatMilli(milli, format)), milli));
});

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

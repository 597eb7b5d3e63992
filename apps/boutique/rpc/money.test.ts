import assert from "node:assert/strict";
import { test } from "node:test";
import { add, formatMoney, moneyOf, multiply, nanosOf } from "./money.ts";

test("nanos carry into units", () => {
  const sum = add(moneyOf("USD", 1_990_000_000n), moneyOf("USD", 20_000_000n));
  assert.equal(sum.units, 2n);
  assert.equal(sum.nanos, 10_000_000);
});

test("multiplying keeps every nano", () => {
  assert.equal(nanosOf(multiply(moneyOf("EUR", 333_333_333n), 3)), 999_999_999n);
});

test("negative sums have nanos of the same sign", () => {
  const money = moneyOf("USD", -1_750_000_000n);
  assert.equal(money.units, -1n);
  assert.equal(money.nanos, -750_000_000);
});

test("different currencies are not added", () => {
  assert.throws(() => add(moneyOf("USD", 1n), moneyOf("EUR", 1n)), RangeError);
});

for (const [money, text] of [
  [moneyOf("USD", 67_990_000_000n), "$67.99"],
  [moneyOf("USD", 5_000_000n), "$0.01"],
  [moneyOf("JPY", 8_432_600_000_000n), "¥8433"],
  [moneyOf("CHF", 1_000_000_000n), "CHF 1.00"],
  [moneyOf("USD", -1_750_000_000n), "-$1.75"],
  [moneyOf("USD", -50_000_000n), "-$0.05"],
] as const) {
  test(`${text} is written so`, () => assert.equal(formatMoney(money), text));
}

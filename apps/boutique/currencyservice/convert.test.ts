import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { moneyOf } from "../rpc/money.ts";
import { convert } from "./convert.ts";
import { RATES } from "./rates.ts";

test("an amount in its own currency stays as it is", () => {
  const money = moneyOf("USD", 19_990_000_001n);
  assert.deepEqual(convert(money, "USD"), money);
});

test("euros become dollars by the rate", () => {
  const converted = convert(moneyOf("EUR", 100_000_000_000n), "USD");
  assert.equal(converted.units, 112n);
  assert.equal(converted.nanos, 0);
});

test("dollars become yen through the euro, with nanos", () => {
  const converted = convert(moneyOf("USD", 1_000_000_000n), "JPY");
  assert.equal(converted.units, 114n);
  assert.equal(converted.nanos, 642_857_142);
});

for (const [from, to] of [
  ["USD", "XXX"],
  ["XXX", "USD"],
  ["USD", ""],
  ["USD", "constructor"],
] as const) {
  test(`${from} to "${to}" is an invalid argument`, () => {
    assert.throws(
      () => convert(moneyOf(from, 1n), to),
      (error) => error instanceof ConnectError && error.code === Code.InvalidArgument,
    );
  });
}

test("a debt converts to a debt, units and nanos of one sign", () => {
  const converted = convert(moneyOf("EUR", -1_500_000_000n), "USD");
  assert.equal(converted.units, -1n);
  assert.equal(converted.nanos, -680_000_000);
});

const original = join(import.meta.dirname, "../../../../shared/data/online-boutique/currency_conversion.json");
test("the currencies are those of the original", { skip: existsSync(original) ? false : `no ${original}` }, () => {
  const theirs = Object.keys(JSON.parse(readFileSync(original, "utf8")) as object);
  assert.deepEqual(Object.keys(RATES).sort(), theirs.sort());
});

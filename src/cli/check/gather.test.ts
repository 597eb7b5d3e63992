import assert from "node:assert/strict";
import { test } from "node:test";
import { missingFields } from "./crd-fields.ts";
import { aheadMs } from "./gather.ts";

const AT = Date.parse("2026-11-30T12:00:00Z");
const DATE = "Mon, 30 Nov 2026 12:00:00 GMT";

for (const [name, date, sentMs, receivedMs, ahead] of [
  ["no header", undefined, AT, AT, undefined],
  ["something else", "yesterday", AT, AT, undefined],
  ["the same second", DATE, AT + 200, AT + 900, 0],
  ["asked in the next second", DATE, AT + 1_400, AT + 1_500, -400],
  ["a slow answer, whose clock may be right", DATE, AT - 5_000, AT + 3_000, 0],
  ["a clock ahead", DATE, AT - 31_000, AT - 30_000, 30_000],
  ["a clock behind", DATE, AT + 61_000, AT + 62_000, -60_000],
] as const)
  test(`the difference of clocks by ${name} is ${ahead}`, () => assert.equal(aheadMs(date, sentMs, receivedMs), ahead));

const text = { type: "string" };
const fields = (properties: object) => ({ type: "object", properties });
for (const [name, wanted, served, missing] of [
  ["the same", fields({ a: text }), fields({ a: text }), []],
  ["one more there", fields({ a: text }), fields({ a: text, b: text }), []],
  ["one more wanted", fields({ a: text, b: text }), fields({ a: text }), ["b"]],
  ["one inside", fields({ a: fields({ b: text }) }), fields({ a: fields({}) }), ["a.b"]],
  [
    "one inside of a list",
    fields({ a: { items: fields({ b: text }) } }),
    fields({ a: { items: fields({}) } }),
    ["a[].b"],
  ],
  [
    "whatever somebody writes",
    fields({ a: fields({ b: text }) }),
    fields({ a: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }),
    [],
  ],
] as const)
  test(`fields that a CRD lacks: ${name}`, () => assert.deepEqual(missingFields(wanted, served), missing));

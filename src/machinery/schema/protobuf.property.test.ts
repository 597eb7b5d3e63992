import assert from "node:assert/strict";
import { test } from "node:test";
import { array, bigInt, constantFrom, nat, oneof, tuple, uint8Array } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { decodeEnvelope, decodeMessage } from "./protobuf.ts";
import type { Schema } from "./schema.ts";

const text: Schema = { type: "string" };
/** Contains itself in field 7. */
const schema: Schema = {
  type: "object",
  properties: {
    name: text,
    count: { type: "integer" },
    list: { type: "array", items: text },
    numbers: { type: "array", items: { type: "integer" } },
    map: { type: "object", additionalProperties: text },
    raw: {},
    get self() {
      return schema;
    },
    time: { type: "string", format: "date-time" },
    amount: { type: "string", format: "quantity" },
    port: { "x-kubernetes-int-or-string": true },
    ratio: { type: "number" },
  },
  wire: Object.fromEntries(
    ["name", "count", "list", "numbers", "map", "raw", "self", "time", "amount", "port", "ratio"].map((name, i) => [
      i + 1,
      { name },
    ]),
  ),
};
const isRefusal = (error: unknown): boolean => error instanceof RangeError || error instanceof SyntaxError;
const decode = (bytes: Buffer): unknown => decodeMessage(bytes, schema);

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.of(...bytes, Number(rest));
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(content.length)), content]);
}

test("whatever the bytes, they are a message or are refused as none", () => {
  const bytes = uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value));
  forAll(bytes, (value) => parseOrRefuse(decode, value, isRefusal), 300);
  forAll(bytes, (value) => parseOrRefuse(decodeEnvelope, Buffer.concat([Buffer.from("k8s\0"), value]), isRefusal), 300);
  const fields = array(tuple(nat(12), uint8Array({ maxLength: 20 })), { maxLength: 6 });
  forAll(fields, (parts) =>
    parseOrRefuse(
      decode,
      Buffer.concat(parts.map(([number, content]) => field(number, Buffer.from(content)))),
      isRefusal,
    ),
  );
});

test("numbers and texts come out as they went in", () => {
  forAll(bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }), (value) => {
    const decoded = decodeMessage(Buffer.concat([Buffer.of(16), varint(value)]), schema);
    assert.equal(decoded["count"] ?? 0, Number(value));
  });
  forAll(oneof(constantFrom("é", "\u0000", ""), uint8Array().map(String)), (value) => {
    assert.equal(decodeMessage(field(1, Buffer.from(value)), schema)["name"] ?? "", value);
  });
});

test("messages within messages are refused beyond a depth, and a map has no prototype to set", () => {
  let nested: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 3_000; depth++) nested = field(7, nested);
  assert.throws(() => decode(nested), { name: "RangeError", message: "exceeded max depth" });
  const entry = field(5, Buffer.concat([field(1, Buffer.from("__proto__")), field(2, Buffer.from("x"))]));
  assert.throws(() => decode(entry), /key "__proto__" is not supported/);
});

test("a megabyte of empty fields cost no more than their length", () => {
  for (const number of [1, 3, 5, 7]) {
    const bytes = Buffer.alloc(1 << 20, Buffer.of(number * 8 + 2, 0));
    takesAtMost(5_000, () => decode(bytes));
  }
  takesAtMost(5_000, () => decode(field(4, Buffer.alloc(1 << 20, 1))));
});

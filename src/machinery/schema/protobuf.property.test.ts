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
    micros: { type: "string", format: "date-time", goType: "MicroTime" },
    amount: { type: "string", format: "quantity" },
    port: { "x-kubernetes-int-or-string": true },
    ratio: { type: "number" },
  },
  wire: Object.fromEntries(
    ["name", "count", "list", "numbers", "map", "raw", "self", "time", "amount", "port", "ratio", "micros"].map(
      (name, i) => [i + 1, { name }],
    ),
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
  const fields = array(tuple(nat(13), uint8Array({ maxLength: 20 })), { maxLength: 6 });
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

const at = (seconds: bigint, nanos: bigint): Buffer =>
  Buffer.concat([Buffer.of(8), varint(seconds), Buffer.of(16), varint(nanos)]);

for (const [name, seconds, nanos, time, micros] of [
  ["nothing is no time", 0n, 0n, undefined, undefined],
  ["a whole second", 1_700_000_000n, 0n, "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000000Z"],
  ["parts of it", 1_700_000_000n, 42_007_999n, "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.042007Z"],
  ["before 1970", -1n, 0n, "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000000Z"],
] as const) {
  test(`a time: ${name}`, () => {
    const decoded = decodeMessage(Buffer.concat([field(8, at(seconds, nanos)), field(12, at(seconds, nanos))]), schema);
    assert.deepEqual([decoded["time"], decoded["micros"]], [time, micros]);
  });
}

test("a time beyond the years that can be written is refused", () => {
  for (const seconds of [2n ** 62n, 253_402_300_800n, -62_200_000_000n])
    assert.throws(() => decode(field(8, at(seconds, 0n))), /year outside of range/);
});

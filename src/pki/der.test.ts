import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode, integer, oid, partsOf, sequence, TAG, time } from "./der.ts";

for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
  test(`a value of ${length} bytes comes back`, () => {
    const content = Buffer.alloc(length, 7);
    const bytes = sequence(encode(TAG.octetString, content), encode(TAG.null));
    const [first, second, ...rest] = partsOf(decode(bytes));
    assert.deepEqual(first?.content, content);
    assert.equal(second?.tag, TAG.null);
    assert.deepEqual(rest, []);
  });
}

// X.690 §8.19.5, RFC 5280 §4.1.2.5
const WRITTEN: readonly (readonly [string, Buffer, string])[] = [
  ["an object identifier", oid("2.999.3"), "0603883703"],
  ["that of RSA", oid("1.2.840.113549"), "06062a864886f70d"],
  ["an integer with its high bit set", integer(Buffer.from([0x80])), "02020080"],
  ["a time until 2049", time(new Date("2049-12-31T23:59:59.500Z")), "170d3439313233313233353935395a"],
  ["a time from 2050 on", time(new Date("2050-01-01T00:00:00Z")), "180f32303530303130313030303030305a"],
];
for (const [what, bytes, hex] of WRITTEN)
  test(`${what} is written as the standard says`, () => assert.equal(bytes.toString("hex"), hex));

test("a value cut off at any byte, or followed by another, is refused", () => {
  const bytes = sequence(encode(TAG.octetString, Buffer.alloc(300)));
  for (let end = 0; end < bytes.length; end++) assert.throws(() => decode(bytes.subarray(0, end)), RangeError);
  assert.throws(() => decode(Buffer.concat([bytes, Buffer.from([5, 0])])), RangeError);
});

test("lengths that DER has not are refused", () => {
  assert.throws(() => decode(Buffer.from([0x30, 0x80, 0, 0])), /not that of DER/);
  assert.throws(() => decode(Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1, 0])), /not that of DER/);
});

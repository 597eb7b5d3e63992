import assert from "node:assert/strict";
import { test } from "node:test";
import { integer, tuple, uint8Array } from "fast-check";
import { formatIpv4, isSpecial, parseIpv4 } from "#base/cidr.ts";
import { forAll } from "#kit/properties.ts";
import { addressRenamer, renameCidr } from "./addresses.ts";

const keys = uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const addresses = integer({ min: 0, max: 0xffffffff });

/** How many of the first bits two addresses share. */
const shared = (a: number, b: number): number => Math.clz32((a ^ b) >>> 0);
const of = (text: string): number => parseIpv4(text) ?? Number.NaN;

test("two addresses share as many first bits under their other names as under their own", () => {
  forAll(tuple(keys, addresses, addresses, integer({ min: 0, max: 32 })), ([key, a, random, bits]) => {
    // Of two that are chosen by chance hardly any are near each other.
    const b =
      bits === 32
        ? a
        : ((a ^ (0x80000000 >>> bits)) & ~(0xffffffff >>> (bits + 1))) | (random & (0xffffffff >>> (bits + 1)));
    const rename = addressRenamer(key);
    const [first, second] = [a, b >>> 0].map((ip) => of(rename(formatIpv4(ip))));
    assert.equal(shared(first ?? 0, second ?? 0), shared(a, b >>> 0));
  });
});

test("private ranges and what is special stay what they are", () => {
  const ranges = [
    [10 * 2 ** 24, 8],
    [(172 << 24) | (16 << 16), 12],
    [(192 << 24) | (168 << 16), 16],
  ] as const;
  forAll(tuple(keys, addresses), ([key, ip]) => {
    const rename = addressRenamer(key);
    if (isSpecial(ip)) assert.equal(rename(formatIpv4(ip)), formatIpv4(ip));
    else assert.ok(!isSpecial(of(rename(formatIpv4(ip)))));
    for (const [base, prefix] of ranges) {
      const inside = ((base >>> 0) | (ip & (0xffffffff >>> prefix))) >>> 0;
      assert.ok(shared(of(rename(formatIpv4(inside))), base >>> 0) >= prefix);
    }
  });
});

test("a CIDR is one of the same length, and holds what it held", () => {
  forAll(tuple(keys, addresses, integer({ min: 8, max: 32 })), ([key, ip, prefix]) => {
    const rename = addressRenamer(key);
    const base = formatIpv4(prefix === 32 ? ip : (ip & ~(0xffffffff >>> prefix)) >>> 0);
    const [network = "", length] = renameCidr(rename, base, prefix).split("/");
    assert.equal(length, String(prefix));
    assert.ok(shared(of(network), of(rename(formatIpv4(ip)))) >= prefix);
    if (!isSpecial(ip)) assert.equal(of(network) & (prefix === 32 ? 0 : 0xffffffff >>> prefix), 0);
  });
});

test("what is no address is left as it is", () => {
  const rename = addressRenamer(Buffer.alloc(32));
  for (const text of ["", "1.2.3", "1.2.3.256", "a.b.c.d", "01.2.3.4"]) assert.equal(rename(text), text);
});

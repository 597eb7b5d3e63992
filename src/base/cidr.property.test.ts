import assert from "node:assert/strict";
import { test } from "node:test";
import { constantFrom, integer, oneof, string, tuple } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import {
  contains,
  formatCidr,
  formatIpv4,
  mustParseCidr,
  nthAddress,
  overlaps,
  parseCidr,
  parseIpv4,
  remapIp,
  sizeOf,
} from "./cidr.ts";

const address = integer({ min: 0, max: 0xffffffff });
const cidr = tuple(address, integer({ min: 0, max: 32 })).map(([ip, prefix]) =>
  mustParseCidr(`${formatIpv4(ip)}/${prefix}`),
);

test("addresses and CIDRs that are written can be read", () => {
  forAll(address, (ip) => assert.equal(parseIpv4(formatIpv4(ip)), ip));
  forAll(cidr, (value) => assert.deepEqual(parseCidr(formatCidr(value)), value));
});

test("a CIDR contains its first and its last address, and overlaps with what contains one of its own", () => {
  forAll(cidr, (value) => {
    const [first, last] = [0, sizeOf(value) - 1].map((index) => parseIpv4(nthAddress(value, index)) ?? Number.NaN);
    assert.ok(contains(value, first ?? 0) && contains(value, last ?? 0));
  });
  forAll(tuple(cidr, cidr), ([a, b]) => {
    assert.equal(overlaps(a, b), overlaps(b, a));
    assert.equal(overlaps(a, b), contains(a, b.base) || contains(b, a.base));
  });
});

test("an address that is remapped comes back", () => {
  forAll(tuple(address, address, integer({ min: 0, max: 32 })), ([ip, to, prefix]) => {
    const [from, other] = [ip, to].map((base) => mustParseCidr(`${formatIpv4(base)}/${prefix}`));
    if (from === undefined || other === undefined) return;
    const mapped = remapIp(formatIpv4(ip), from, other) ?? "";
    assert.ok(contains(other, parseIpv4(mapped) ?? 0));
    assert.equal(remapIp(mapped, other, from), formatIpv4(ip));
  });
});

test("whatever the text, it is a CIDR or none", () => {
  forAll(oneof(string(), string({ unit: constantFrom(..."0129./-e ") })), (text) => {
    const parsed = parseCidr(text);
    assert.ok(parsed === undefined || parseCidr(formatCidr(parsed)) !== undefined);
    parseOrRefuse(mustParseCidr, text, (error) => error instanceof TypeError);
  });
  for (const text of ["1".repeat(100_000), ".".repeat(100_000), `1.2.3.4/${"0".repeat(100_000)}`, "/".repeat(100_000)])
    takesAtMost(1_000, () => assert.equal(parseCidr(text), undefined));
});

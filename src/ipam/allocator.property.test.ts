import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, integer, tuple, uniqueArray } from "fast-check";
import { type Cidr, contains, formatCidr, formatIpv4, mustParseCidr, overlaps, sizeOf } from "#base/cidr.ts";
import { forAll } from "#kit/properties.ts";
import { allocateAddress, allocateCidr } from "./allocator.ts";

// Small enough for the reference to look at every block.
const POOLS = ["10.0.0.0/24", "192.168.0.0/26"].map(mustParseCidr);
const blockOf = (base: number, prefix: number): Cidr => mustParseCidr(`${formatIpv4(base >>> 0)}/${prefix}`);
const block = tuple(constantFrom(...POOLS), integer({ min: 0, max: 255 }), integer({ min: 24, max: 30 })).map(
  ([pool, offset, prefix]) => blockOf(pool.base + (offset % sizeOf(pool)), prefix),
);

/** All blocks of that size in the pools. */
function candidates(prefix: number): Cidr[] {
  return POOLS.filter((pool) => pool.prefix <= prefix).flatMap((pool) => {
    const size = 2 ** (32 - prefix);
    return Array.from({ length: sizeOf(pool) / size }, (_, index) => blockOf(pool.base + index * size, prefix));
  });
}

test("a block is free, of the size that was wanted, and the wanted one if that is free", () => {
  forAll(tuple(block, array(block, { maxLength: 12 })), ([wanted, used]) => {
    const isFree = (each: Cidr): boolean => !used.some((other) => overlaps(each, other));
    const found = allocateCidr(wanted, used, POOLS);
    if (isFree(wanted)) assert.deepEqual(found, wanted);
    if (found === undefined) {
      assert.deepEqual(candidates(wanted.prefix).filter(isFree), []);
      return;
    }
    assert.ok(isFree(found), formatCidr(found));
    assert.equal(found.prefix, wanted.prefix);
    assert.ok(POOLS.some((pool) => contains(pool, found.base)) || formatCidr(found) === formatCidr(wanted));
  });
});

test("handing out until nothing is left covers the pools, without an overlap", () => {
  forAll(tuple(block, integer({ min: 26, max: 28 })), ([{ base }, prefix]) => {
    const wanted = blockOf(base, prefix);
    const given: Cidr[] = [];
    for (let next = allocateCidr(wanted, given, POOLS); next !== undefined; next = allocateCidr(wanted, given, POOLS))
      given.push(next);
    assert.deepEqual(given.map(formatCidr).sort(), candidates(prefix).map(formatCidr).sort());
  });
});

test("an address is the first free one at or after the first allowed", () => {
  const small = mustParseCidr("10.1.0.0/28");
  const indexes = uniqueArray(integer({ min: 0, max: 15 }));
  forAll(tuple(indexes, integer({ min: 0, max: 16 })), ([taken, first]) => {
    const used = new Set(taken.map((index) => formatIpv4(small.base + index)));
    const free = Array.from({ length: 16 }, (_, index) => index).find(
      (index) => index >= first && !taken.includes(index),
    );
    assert.equal(allocateAddress(small, first, used), free === undefined ? undefined : formatIpv4(small.base + free));
  });
});

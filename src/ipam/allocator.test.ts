import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCidr, mustParseCidr } from "#base/cidr.ts";
import { allocateAddress, allocateCidr, DEFAULT_POOLS } from "./allocator.ts";

const pools = DEFAULT_POOLS.map(mustParseCidr);

for (const [wanted, used, expected] of [
  ["10.245.0.0/16", ["10.244.0.0/16"], "10.245.0.0/16"],
  ["10.244.0.0/16", ["10.244.0.0/16"], "10.245.0.0/16"],
  ["10.70.0.0/16", ["10.70.0.0/16"], "10.71.0.0/16"],
  ["10.70.0.0/16", ["10.70.0.0/16", "10.71.0.0/16"], "10.68.0.0/16"],
  ["10.244.0.0/16", ["10.0.0.0/8"], "192.168.0.0/16"],
  ["100.64.0.0/16", ["100.64.0.0/10"], "10.0.0.0/16"],
] as const) {
  test(`${wanted} becomes ${expected} beside ${used.join(", ")}`, () => {
    const found = allocateCidr(mustParseCidr(wanted), used.map(mustParseCidr), pools);
    assert.equal(found === undefined ? undefined : formatCidr(found), expected);
  });
}

test("no block is handed out that overlaps another, however many are asked for", () => {
  const used = [mustParseCidr("10.96.0.0/12")];
  for (let i = 0; i < 300; i++) {
    const found = allocateCidr(mustParseCidr("10.244.0.0/16"), used, pools);
    if (found === undefined) break;
    used.push(found);
  }
  const texts = new Set(used.map(formatCidr));
  assert.equal(texts.size, used.length);
  assert.equal(used.length, 1 + (256 - 16) + 1 + 16, "all /16 of the three pools but those of 10.96.0.0/12");
});

test("full pools give nothing", () => {
  assert.equal(allocateCidr(mustParseCidr("10.0.0.0/16"), pools, pools), undefined);
});

test("addresses start after those reserved", () => {
  assert.equal(allocateAddress(mustParseCidr("10.70.0.0/16"), 1, new Set(["10.70.0.1"])), "10.70.0.2");
});

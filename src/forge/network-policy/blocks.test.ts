import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, integer } from "fast-check";
import type { IPBlock } from "kubernetes-types/networking/v1";
import { contains, formatIpv4, mustParseCidr, remapIp } from "#base/cidr.ts";
import { forAll, objects } from "#kit/properties.ts";
import { blockWithout, isEverywhere, isIpv4Block, movedBlocks } from "./blocks.ts";

const moves = [
  { from: "10.244.0.0/16", to: "10.245.0.0/16" },
  { from: "10.70.0.0/16", to: "10.71.0.0/16" },
];

for (const [title, block, moved, rest] of [
  ["within a moved CIDR", { cidr: "10.244.3.0/24" }, [{ cidr: "10.245.3.0/24" }], []],
  [
    "around both",
    { cidr: "10.0.0.0/8", except: ["10.244.1.0/24"] },
    [{ cidr: "10.245.0.0/16", except: ["10.245.1.0/24"] }, { cidr: "10.71.0.0/16" }],
    [{ cidr: "10.0.0.0/8", except: ["10.70.0.0/16", "10.244.0.0/16"] }],
  ],
  ["elsewhere", { cidr: "192.0.2.0/24" }, [], [{ cidr: "192.0.2.0/24" }]],
  ["that leaves the moved one out", { cidr: "10.0.0.0/8", except: ["10.64.0.0/10", "10.192.0.0/10"] }, [], undefined],
  ["of IPv6", { cidr: "fd00::/8" }, [], []],
] as [string, IPBlock, IPBlock[], IPBlock[] | undefined][]) {
  test(`a block ${title}`, () => {
    assert.deepEqual(movedBlocks(block, moves), moved);
    if (rest !== undefined)
      assert.deepEqual(
        blockWithout(
          block,
          moves.map(({ from }) => from),
        ),
        rest,
      );
  });
}

test("what is everything, and what is not of IPv4", () => {
  assert.deepEqual(
    [{ cidr: "0.0.0.0/0" }, { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] }, { cidr: "0.0.0.0/1" }].map(isEverywhere),
    [true, false, false],
  );
  assert.deepEqual([{ cidr: "10.0.0.0/8" }, { cidr: "::/0" }].map(isIpv4Block), [true, false]);
});

test("whatever the block, an address is in it where its image is in what became of it", () => {
  const cidr = constantFrom(
    "10.0.0.0/8",
    "10.244.0.0/16",
    "10.244.1.0/24",
    "10.240.0.0/12",
    "10.70.0.4/30",
    "0.0.0.0/0",
  );
  const holes = array(constantFrom("10.244.0.0/15", "10.244.1.0/25", "10.70.0.0/16", "10.70.0.5/32", "192.0.2.0/24"), {
    maxLength: 3,
  });
  const bases = constantFrom("10.244.0.0", "10.244.1.0", "10.70.0.0", "10.245.1.0", "192.0.2.0");
  forAll(
    objects({ cidr, except: holes, base: bases, host: integer({ min: 0, max: 255 }) }),
    ({ base, host, ...block }) => {
      const ip = mustParseCidr(`${base}/32`).base + host;
      const isIn = (blocks: readonly IPBlock[], address: number): boolean =>
        blocks.some(
          (each) =>
            contains(mustParseCidr(each.cidr), address) &&
            !(each.except ?? []).some((hole) => contains(mustParseCidr(hole), address)),
        );
      const move = moves.find(({ from }) => contains(mustParseCidr(from), ip));
      if (move === undefined) {
        const rest = blockWithout(
          block,
          moves.map(({ from }) => from),
        );
        assert.equal(isIn(rest, ip), isIn([block], ip));
        return;
      }
      const image = remapIp(formatIpv4(ip), mustParseCidr(move.from), mustParseCidr(move.to)) ?? "";
      assert.equal(isIn(movedBlocks(block, [move]), mustParseCidr(`${image}/32`).base), isIn([block], ip));
    },
  );
});

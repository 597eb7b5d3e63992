import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "../../model/protocol.ts";
import { everyChange } from "./every-change.ts";

function serverOf(times: readonly number[]) {
  const changes: readonly Change[] = times.map((at, index) => ({ at, key: `pod/${index}`, says: "changed" }));
  const newestFirst = changes.toSorted((a, b) => b.at - a.at);
  return async ({ from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number }) =>
    newestFirst.filter(({ at }) => at >= from && at <= to).slice(0, limit);
}

const range = (count: number, at: (index: number) => number) => Array.from({ length: count }, (_, index) => at(index));
const CASES = [
  { name: "none", times: [], found: 0 },
  { name: "a few", times: range(10, (index) => index), found: 10 },
  { name: "as many as one answer has", times: range(1_000, (index) => index), found: 1_000 },
  {
    name: "more than two answers have, three at a time",
    times: range(2_500, (index) => Math.floor(index / 3)),
    found: 2_500,
  },
];

for (const { name, times, found } of CASES)
  test(`${name}: each is found once`, async () => {
    assert.equal((await everyChange(serverOf(times), 0, 5_000)).length, found);
  });

test("more in one millisecond than one answer has: the others are found all the same", async () => {
  const changes = await everyChange(serverOf([...range(1_200, () => 50), ...range(5, () => 10)]), 0, 100);
  assert.equal(changes.filter(({ at }) => at === 10).length, 5);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { CpuSeconds } from "./cpu-seconds.ts";

for (const [what, readings, expected] of [
  ["begin with next to nothing", [[2, 0]], 0.001],
  [
    "are the rate times the time between two readings",
    [
      [2, 0],
      [2, 10_000],
    ],
    20.001,
  ],
  [
    "go by the latest rate",
    [
      [2, 0],
      [0.5, 10_000],
      [1, 11_000],
    ],
    6.001,
  ],
  [
    "never go back",
    [
      [1, 0],
      [1, 10_000],
      [1, 5_000],
    ],
    10.001,
  ],
  [
    "of a time in which nobody asked are bounded",
    [
      [1, 0],
      [1, 3_600_000],
    ],
    300.001,
  ],
  [
    "begin again after the container was gone",
    [
      [1, 0],
      [1, 10_000],
      [undefined, 11_000],
      [1, 12_000],
    ],
    0.001,
  ],
] as const) {
  test(`CPU seconds ${what}`, () => {
    const total = new CpuSeconds();
    const read = readings.map(([rate, atMs]) =>
      total.advance(rate === undefined ? new Map() : new Map([["web", rate]]), atMs).get("web"),
    );
    assert.equal(read.at(-1), expected);
  });
}

test("the node's CPU seconds do not fall when a container goes", () => {
  const total = new CpuSeconds();
  const both = new Map([
    ["web", 1],
    ["db", 2],
  ]);
  total.advance(both, 0);
  total.advance(both, 10_000);
  assert.equal(Math.round(total.node()), 30);
  total.advance(new Map([["db", 2]]), 11_000);
  assert.equal(Math.round(total.node()), 32);
});

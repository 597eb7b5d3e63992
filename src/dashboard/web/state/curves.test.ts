import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, spreadOf } from "./curves.ts";

test("samples of one peering become columns in the order of time, with gaps", () => {
  const samples = [
    { at: 20, peerings: [{ key: "a", latencyMs: 2, received: 5 }] },
    {
      at: 10,
      peerings: [
        { key: "b", latencyMs: 9 },
        { key: "a", sent: 7 },
      ],
    },
    { at: 30, peerings: [] },
  ];
  assert.deepEqual(columnsOf(samples, "a"), {
    times: [10, 20],
    latencyMs: [null, 2],
    received: [null, 5],
    sent: [7, null],
  });
});

test("the spread leaves gaps out, and is none of nothing", () => {
  assert.deepEqual(spreadOf([3, null, 1, 2]), { least: 1, median: 2, most: 3 });
  assert.equal(spreadOf([null]), undefined);
});

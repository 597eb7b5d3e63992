import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { changedConditions, drainingConditions, runningConditions } from "./status.ts";

const NODE: VirtualNode = { spec: { clusterID: "rome" } };
const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

for (const [expected, createNode, hasNode] of [
  ["Running", true, true],
  ["Creating", true, false],
  ["None", false, false],
] as const) {
  test(`a Node that is ${createNode ? "" : "not "}wanted and ${hasNode ? "" : "not "}there is ${expected}`, () => {
    const conditions = runningConditions({ spec: { clusterID: "rome", createNode } }, hasNode);
    assert.deepEqual(
      conditions.map(({ type, status }) => `${type}=${status}`),
      ["VirtualKubelet=Running", `Node=${expected}`],
    );
  });
}

test("conditions are written when one of them changes, and those that stay keep their time", () => {
  const conditions = changedConditions(NODE, runningConditions(NODE, true), NOW_MS) ?? [];
  const written: VirtualNode = { ...NODE, status: { conditions } };
  assert.equal(changedConditions(written, runningConditions(NODE, true), NOW_MS + 1_000), undefined);
  const draining = changedConditions(written, drainingConditions(), NOW_MS + 1_000);
  assert.deepEqual(
    draining?.map(({ type, status, lastTransitionTime }) => [type, status, lastTransitionTime]),
    [
      ["VirtualKubelet", "Running", "2026-01-01T00:00:00Z"],
      ["Node", "Draining", "2026-01-01T00:00:01Z"],
    ],
  );
});

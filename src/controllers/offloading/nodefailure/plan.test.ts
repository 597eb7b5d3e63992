import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import { isGivenUp } from "./plan.ts";

const node = (status: string | undefined): Node => ({
  metadata: { name: "worker-node-1" },
  status: { conditions: status === undefined ? [] : [{ type: "Ready", status }] },
});
const pod = (labels: Record<string, string>, deletionTimestamp?: string): Pod => ({
  metadata: { name: "web", labels, ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
});
const OURS = { "liqo.io/managed-by": "shadowpod" };
const NOW = "2026-01-01T00:00:00Z";

for (const [name, expected, seen, on] of [
  ["terminating on a node that is lost", true, pod(OURS, NOW), node("Unknown")],
  ["terminating on a node that is not ready", true, pod(OURS, NOW), node("False")],
  ["terminating on a node that has told nothing", true, pod(OURS, NOW), node(undefined)],
  ["terminating on a node that is well", false, pod(OURS, NOW), node("True")],
  ["that is not to end", false, pod(OURS), node("Unknown")],
  ["of this cluster's own", false, pod({}, NOW), node("Unknown")],
  ["on a node that is gone", false, pod(OURS, NOW), undefined],
  ["that is gone", false, undefined, node("Unknown")],
] as const) {
  test(`a pod ${name} is ${expected ? "given up" : "left alone"}`, () => assert.equal(isGivenUp(seen, on), expected));
}

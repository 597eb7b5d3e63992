import assert from "node:assert/strict";
import { test } from "node:test";
import type { Toleration } from "kubernetes-types/core/v1";
import { firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";

const cordoned = nodeNamed("rome-1", { spec: { unschedulable: true } });
const REASONS = ["node(s) were unschedulable"];
const tolerant: Toleration = { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" };

for (const [name, node, tolerations, expected] of [
  ["a node as any other", nodeNamed("rome-1"), [], undefined],
  ["a cordoned node", cordoned, [], REASONS],
  ["a cordoned node, tolerated", cordoned, [tolerant], undefined],
  ["a cordoned node, another taint tolerated", cordoned, [{ key: "spot", operator: "Exists" }], REASONS],
] as const) {
  test(`NodeUnschedulable: ${name}`, () => {
    const pod = podNamed("web", { spec: { tolerations: [...tolerations] } });
    const rejection = nodeUnschedulable.filter?.(pod, ...firstNode([node]));
    assert.deepEqual(rejection?.reasons, expected);
    assert.notEqual(rejection?.resolvable, true);
  });
}

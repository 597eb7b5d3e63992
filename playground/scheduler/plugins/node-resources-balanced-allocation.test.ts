import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";

for (const [name, requests, expected] of [
  ["the same share of both", { cpu: "1", memory: "2Gi" }, 100],
  ["all of the cpu, half of the memory", { cpu: "4", memory: "4Gi" }, 75],
  ["more than there is counts as all", { cpu: "40", memory: "4Gi" }, 75],
] as const) {
  test(`NodeResourcesBalancedAllocation: ${name}`, () => {
    const pod = podNamed("web", { spec: asking(requests) });
    assert.equal(nodeResourcesBalancedAllocation.score?.(pod, ...firstNode([nodeNamed("rome-1")])), expected);
  });
}

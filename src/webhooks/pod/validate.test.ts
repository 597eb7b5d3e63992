import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import { whyKept } from "./validate.ts";

const pod: Pod = {
  metadata: { namespace: "shop", name: "bank", annotations: { "liqo.io/on-peer-lost": "never-duplicate" } },
  spec: { nodeName: "liqo-rome", containers: [] },
};
const node = (ready: string, type = "virtual-node"): Node => ({
  metadata: { name: "liqo-rome", labels: { "liqo.io/type": type, "liqo.io/remote-cluster-id": "rome" } },
  status: { conditions: [{ type: "Ready", status: ready }] },
});

for (const ready of ["Unknown", "False"])
  test(`it is kept while its node's Ready is ${ready}`, () => {
    for (const grace of [undefined, 30])
      assert.match(whyKept(pod, node(ready), grace) ?? "", /^pod shop\/bank may still run in cluster rome, .*--force/);
  });

for (const [name, given, on, grace] of [
  ["its provider answers", pod, node("True"), undefined],
  ["it is a node of this cluster", pod, node("Unknown", ""), undefined],
  ["the node is gone", pod, undefined, undefined],
  ["somebody takes it on himself", pod, node("Unknown"), 0],
  ["it has ended", { ...pod, status: { phase: "Succeeded" } }, node("Unknown"), undefined],
  [
    "it only stays",
    { ...pod, metadata: { annotations: { "liqo.io/on-peer-lost": "stay" } } },
    node("Unknown"),
    undefined,
  ],
] as const)
  test(`it may be deleted where ${name}`, () => {
    assert.equal(whyKept(given, on, grace), undefined);
  });

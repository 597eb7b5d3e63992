import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeNewNode } from "./node.ts";

test("a new Node is known as virtual and keeps pods away from its first moment", () => {
  const options = {
    name: "liqo-rome",
    providerId: "rome",
    address: "10.244.0.9",
    port: 10250,
    kubeletVersion: "v1.35.0",
    extraLabels: {},
    extraAnnotations: {},
  };
  assert.deepEqual(forgeNewNode(undefined, options), {
    metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } },
    spec: { taints: [{ key: "virtual-node.liqo.io/not-allowed", value: "true", effect: "NoExecute" }] },
  });
});

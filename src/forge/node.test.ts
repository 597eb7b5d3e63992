import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeNewNode, nodeLabels } from "./node.ts";

const options = {
  name: "liqo-rome",
  providerId: "rome",
  address: "10.244.0.9",
  port: 10250,
  kubeletVersion: "v1.35.0",
  extraLabels: {},
  extraAnnotations: {},
};

test("what a provider says of its node wins neither over this cluster's words nor over what a virtual node is", () => {
  const spec = { labels: { zone: "west", tier: "gold", type: "metal", "kubernetes.io/hostname": "worker-node-1" } };
  const own = nodeLabels({ metadata: {}, spec }, { ...options, extraLabels: { tier: "foreign" } });
  assert.deepEqual(
    [own["zone"], own["tier"], own["type"], own["kubernetes.io/hostname"]],
    ["west", "foreign", "virtual-kubelet", "liqo-rome"],
  );
});

test("a new Node is known as virtual and keeps pods away from its first moment", () => {
  assert.deepEqual(forgeNewNode(undefined, options), {
    metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } },
    spec: { taints: [{ key: "virtual-node.liqo.io/not-allowed", value: "true", effect: "NoExecute" }] },
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { NODE_OPTIONS } from "#kit/node-options.ts";
import { forgeNewNode, forgeNodeStatus, nodeLabels } from "./node.ts";

test("what a provider says of its node wins neither over this cluster's words nor over what a virtual node is", () => {
  const spec = { labels: { zone: "west", tier: "gold", type: "metal", "kubernetes.io/hostname": "worker-node-1" } };
  const own = nodeLabels({ metadata: {}, spec }, { ...NODE_OPTIONS, extraLabels: { tier: "foreign" } });
  assert.deepEqual(
    [own["zone"], own["tier"], own["type"], own["kubernetes.io/hostname"]],
    ["west", "foreign", "virtual-kubelet", "liqo-rome"],
  );
});

test("a new Node is known as virtual and keeps pods away from its first moment", () => {
  assert.deepEqual(forgeNewNode(undefined, NODE_OPTIONS), {
    metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } },
    spec: { taints: [{ key: "virtual-node.liqo.io/not-allowed", value: "true", effect: "NoExecute" }] },
  });
});

const LOSSES = [
  [true, true, "True", "The Liqo Virtual Kubelet is posting ready status"],
  [true, false, "False", "The network with the remote cluster is down; its API server answers"],
  [false, true, "Unknown", "The API server of the remote cluster does not answer; the network with it is established"],
  [
    false,
    false,
    "Unknown",
    "The API server of the remote cluster does not answer; the network with it is down as well",
  ],
  [false, undefined, "Unknown", "The API server of the remote cluster does not answer"],
] as const;

for (const [isApiServerUp, isNetworkUp, status, message] of LOSSES) {
  test(`a Node is ${status}, API server up: ${isApiServerUp}, network up: ${isNetworkUp}`, () => {
    const virtual = { spec: { resourceQuota: { hard: { cpu: "1", memory: "1Gi" } } } };
    const health = { isApiServerUp, isNetworkUp };
    const { conditions } = forgeNodeStatus(virtual, NODE_OPTIONS, health, { before: undefined, nowMs: 0 });
    const ready = conditions?.find(({ type }) => type === "Ready");
    assert.deepEqual([ready?.status, ready?.message], [status, message]);
  });
}

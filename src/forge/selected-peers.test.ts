import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { selectPeers } from "./selected-peers.ts";

const node = (clusterID: string, labels: Record<string, string> = {}, metadata: object = {}): VirtualNode => ({
  metadata: { name: `liqo-${clusterID}`, ...metadata },
  spec: { clusterID, labels },
});
const NODES = [node("rome", { zone: "south" }), node("turin", { zone: "north" })];
const offloading = (...matchExpressions: readonly object[]): NamespaceOffloading =>
  ({
    metadata: { namespace: "shop", name: "offloading" },
    spec: {
      ...(matchExpressions.length > 0 && { clusterSelector: { nodeSelectorTerms: [{ matchExpressions }] } }),
    },
  }) as NamespaceOffloading;
const within = (key: string, ...values: string[]) => ({ key, operator: "In", values });

for (const [name, expected, seen, nodes] of [
  ["without a selector everybody", ["rome", "turin"], offloading(), NODES],
  ["by a label of the provider", ["turin"], offloading(within("zone", "north")), NODES],
  ["by the provider's id", ["rome"], offloading(within("liqo.io/remote-cluster-id", "rome")), NODES],
  ["by what all virtual nodes are", ["rome", "turin"], offloading(within("liqo.io/type", "virtual-node")), NODES],
  ["by the absence of a label", ["rome"], offloading({ key: "zone", operator: "NotIn", values: ["north"] }), NODES],
  ["nobody where nothing matches", [], offloading(within("zone", "east")), NODES],
  ["a provider with two nodes once", ["rome"], offloading(), [NODES[0], node("rome", {}, { name: "second" })]],
  [
    "none whose only node goes",
    ["turin"],
    offloading(),
    [node("rome", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" }), NODES[1]],
  ],
] as const) {
  test(`selected are, ${name}: ${expected.join() || "none"}`, () => {
    assert.deepEqual([...selectPeers(seen, nodes as readonly VirtualNode[])].sort(), expected);
  });
}

import { type NodeFacts, nodeChain } from "./node.ts";
import { testChain } from "./testing/cases.ts";
import { MADE, nodeOf, podOf, readyPod } from "./testing/facts.ts";
import { HIDDEN, peering, virtual } from "./testing/peer.ts";

const NOW = Date.parse(MADE);
const ordinary = (more: Partial<NodeFacts> = {}): NodeFacts => ({
  ...{ name: "worker", node: nodeOf(), own: undefined, peer: undefined, lease: undefined, nowMs: NOW },
  ...{ fabric: [podOf(readyPod)], internal: { metadata: { name: "worker" } } },
  ...more,
});
const away = (more: Partial<NodeFacts> = {}): NodeFacts =>
  ordinary({ name: "liqo-rome", own: virtual, peer: peering(), ...more });
const lease = { spec: { renewTime: "2026-11-30T11:59:00.000000Z" } };

testChain(nodeChain, [
  ["a worker is well", ordinary(), "ok", "overlay", /gateways know/],
  ["without Liqo", ordinary({ fabric: undefined }), "ok", "network", /not installed/],
  [
    "its kubelet is silent",
    ordinary({ node: nodeOf("Unknown", "stopped posting"), lease }),
    "broken",
    "node",
    /stopped posting; its Lease was renewed 60 s ago/,
    /describe node/,
  ],
  [
    "it has too little of something",
    ordinary({
      node: {
        ...nodeOf(),
        status: {
          conditions: [
            { type: "Ready", status: "True" },
            { type: "DiskPressure", status: "True", message: "full" },
          ],
        },
      },
    }),
    "broken",
    "node",
    /DiskPressure: full/,
  ],
  [
    "it is cordoned",
    ordinary({ node: nodeOf("True", undefined, { unschedulable: true }) }),
    "broken",
    "node",
    /cordoned/,
    /uncordon/,
  ],
  [
    "it has a taint",
    ordinary({ node: nodeOf("True", undefined, { taints: [{ key: "out", effect: "NoExecute" }] }) }),
    "broken",
    "node",
    /tolerate it stay/,
  ],
  ["that of all virtual nodes is none", away(), "ok", "node", /ready/],
  ["liqo-fabric does not run there", ordinary({ fabric: [] }), "broken", "network", /liqo-fabric on worker has no pod/],
  ["gateways do not know it", ordinary({ internal: undefined }), "broken", "overlay", /no InternalNode/],
  ["its Lease may not be read", ordinary({ lease: HIDDEN, internal: HIDDEN }), "unknown", "overlay", /forbidden/],
  [
    "a virtual node is left over",
    away({ own: undefined }),
    "broken",
    "VirtualNode",
    /no VirtualNode of that name/,
    /delete node/,
  ],
  [
    "it is to have no Node",
    away({ own: { ...virtual, spec: { createNode: false } } }),
    "broken",
    "VirtualNode",
    /createNode/,
  ],
  [
    "it goes",
    away({ own: { ...virtual, metadata: { ...virtual.metadata, deletionTimestamp: "x" } } }),
    "broken",
    "VirtualNode",
    /drained/,
  ],
  ["its slice is gone", away({ peer: peering({ slices: [] }) }), "broken", "ResourceSlice", /is gone/],
  ["its tunnel is down", away({ peer: peering({ connections: [] }) }), "broken", "tunnel", /no Connection/],
  [
    "which it does not look at",
    away({
      own: { ...virtual, spec: { ...virtual.spec, disableNetworkCheck: true } },
      peer: peering({ connections: [] }),
    }),
    "ok",
    "node",
    /ready/,
  ],
  ["it was not made", away({ peer: peering({ nodes: [] }) }), "broken", "node", /has not made Node/],
]);

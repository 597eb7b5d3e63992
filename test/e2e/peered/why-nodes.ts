/** Nodes that take no pods, each for another reason. */

import assert from "node:assert/strict";
import { base64 } from "#forge/authentication.ts";
import { eventually } from "#kit/eventually.ts";
import { ofPeer, tenantNamespace, virtualNode } from "./why-peers.ts";
import { elsewhere, object, type Situation } from "./why-situation.ts";

const SPREAD_MS = 180_000;
const PROVIDER = "ghost-nodes";
/** Nothing runs for these nodes, since their image is nowhere. */
const TEMPLATE = { name: "none", namespace: `liqo-tenant-${PROVIDER}` };
const made = (name: string, spec: object = {}) =>
  virtualNode(PROVIDER, name, { vkOptionsTemplateRef: TEMPLATE, ...spec });
const of = (name: string, spec: object) => ({
  ask: `node/${name}`,
  state: "broken" as const,
  home: [made(name, spec)],
});

export const NODE_SITUATIONS: readonly Situation[] = [
  { ask: "node/worker-node-1", state: "ok", link: "overlay", says: /gateways know the way/ },
  { ask: "no liqo-rome --remote-context rome", state: "ok", link: "node", says: /liqo-rome is ready/ },
  {
    ...{ ask: "nodes/worker-node-2", state: "broken", link: "node", says: /worker-node-2 is cordoned/ },
    hint: /kubectl uncordon worker-node-2/,
    make: ({ kubectl }) => kubectl("milan", "cordon", "worker-node-2"),
    undo: ({ tryKubectl }) => tryKubectl("milan", ["uncordon", "worker-node-2"]),
  },
  {
    ...{ ask: "node worker-node-2 --context rome", state: "broken", link: "node" },
    says: /has the taint example\.org\/out:NoSchedule/,
    hint: /kubectl taint node worker-node-2 example\.org\/out:NoSchedule-/,
    make: async ({ kubectl }) => {
      // Of pods that need both nodes.
      await eventually(
        "pods that are spread",
        async () => {
          const selected = ["-n", "puzzles-milan", "-l", "app=spread", "-o", "jsonpath={.items[*].spec.nodeName}"];
          assert.match(
            await kubectl("rome", "get", "pods", ...selected),
            /worker-node-1.*worker-node-2|worker-node-2.*worker-node-1/,
          );
        },
        SPREAD_MS,
      );
      await kubectl("rome", "taint", "node", "worker-node-2", "example.org/out:NoSchedule");
    },
    undo: ({ tryKubectl }) => tryKubectl("rome", ["taint", "node", "worker-node-2", "example.org/out:NoSchedule-"]),
  },
  {
    ...{ ask: "node/why-orphan", state: "broken", link: "VirtualNode", hint: /kubectl delete node why-orphan/ },
    says: /labelled as a virtual node of rome, and there is no VirtualNode/,
    home: [
      elsewhere(
        undefined,
        object("v1", "Node", "why-orphan", {
          metadata: { labels: { "liqo.io/type": "virtual-node", "liqo.io/remote-cluster-id": "rome" } },
        }),
      ),
    ],
  },
  // First, since the others name its template.
  {
    ...{
      ask: "node/why-no-image",
      state: "broken",
      link: "virtual kubelet",
      says: /image "localhost:1\/virtual-kubelet:1"/,
      hint: /image's name/,
    },
    home: [
      tenantNamespace(PROVIDER),
      ofPeer(PROVIDER, "offloading.liqo.io/v1beta1", "VkOptionsTemplate", TEMPLATE.name, {
        spec: {
          containerImage: "localhost:1/virtual-kubelet:1",
          createNode: true,
          disableNetworkCheck: true,
          metricsEnabled: false,
        },
      }),
      ofPeer(PROVIDER, "v1", "Secret", "given", { data: { kubeconfig: base64("{}") } }),
      made("why-no-image", { kubeconfigSecretRef: { name: "given" } }),
    ],
  },
  {
    ...of("why-without", { createNode: false }),
    ...{ link: "VirtualNode", says: /is to have no Node/, hint: /createNode/ },
  },
  { ...of("why-nobody", {}), link: "identity", says: /names no kubeconfig/ },
  {
    ...of("why-stranger", { kubeconfigSecretRef: { name: "absent" } }),
    ...{ link: "identity", says: /Secret liqo-tenant-ghost-nodes\/absent, does not exist/ },
  },
];

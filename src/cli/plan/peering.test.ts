import assert from "node:assert/strict";
import { test } from "node:test";
import { planOf } from "./model.ts";
import { type PeeringFacts, type PeeringSide, planPeering } from "./peering.ts";

const side = (id: string, peerId: string): PeeringSide => ({
  ...{ id, peerId, namespace: `liqo-tenant-${peerId}` },
  ...{ objects: [], network: undefined, unlisted: [] },
});
const FACTS: PeeringFacts = {
  consumer: side("milan", "rome"),
  provider: side("rome", "milan"),
  authenticates: true,
  createsSlice: true,
  createsNode: true,
};

function created(facts: PeeringFacts): string[] {
  return planOf("liqoctl peer", planPeering(facts)).changes.map(
    ({ cluster, kind, name }) => `${cluster} ${kind} ${name}`,
  );
}

const whole = created(FACTS);
const AUTHENTICATION = [
  "milan ForeignCluster rome",
  "milan Namespace liqo-tenant-rome",
  "milan Identity controlplane-rome",
  "milan Renew controlplane-rome",
  "milan Secret kubeconfig-controlplane-rome",
  "milan Secret liqo-signed-nonce",
  "rome ClusterRoleBinding liqo-binding-liqo-virtual-kubelet-remote-clusterwide-milan",
  "rome ForeignCluster milan",
  "rome Namespace liqo-tenant-milan",
  "rome Renew controlplane-rome",
  "rome RoleBinding liqo-binding-liqo-remote-controlplane",
  "rome Secret liqo-nonce",
  "rome Secret liqo-remote-certificate",
  "rome Tenant milan",
];
const SLICE = [
  "milan Identity resourceslice-rome",
  "milan ResourceSlice rome",
  "milan Secret kubeconfig-resourceslice-rome",
  "rome Quota rome-efee614420c5",
  "rome ResourceSlice rome",
  "rome Secret liqo-remote-certificate-rome",
];

for (const [name, facts, expected] of [
  ["without a slice there is authentication alone", { ...FACTS, createsSlice: false }, AUTHENTICATION],
  ["a slice without a node runs no virtual kubelet", { ...FACTS, createsNode: false }, [...AUTHENTICATION, ...SLICE]],
] as const)
  test(name, () => assert.deepEqual(created(facts).sort(), [...expected].sort()));

test("with the node there are its kubelet, its rights and the maps", () => {
  assert.deepEqual(
    whole.filter((line) => ![...AUTHENTICATION, ...SLICE].includes(line)),
    [
      "milan ClusterRoleBinding liqo-node-liqo-rome",
      "milan Node liqo-rome",
      "milan RoleBinding liqo-node-liqo-rome",
      "milan Deployment vk-liqo-rome",
      "milan NamespaceMap rome",
      "milan RoleBinding liqo-node-liqo-rome",
      "milan ServiceAccount liqo-rome",
      "milan VirtualNode liqo-rome",
      "rome NamespaceMap rome",
    ],
  );
});

test("what is there stays", () => {
  const objects = [{ kind: "Secret", metadata: { namespace: "liqo-tenant-milan", name: "liqo-remote-certificate" } }];
  const left = created({ ...FACTS, provider: { ...FACTS.provider, objects } });
  assert.deepEqual(
    whole.filter((line) => !left.includes(line)),
    ["rome Secret liqo-remote-certificate"],
  );
});

test("kinds that the user may not list are named", () => {
  const plan = planOf("x", planPeering({ ...FACTS, provider: { ...FACTS.provider, unlisted: ["secrets"] } }));
  assert.match(plan.remarks.join(), /may not list secrets at rome/);
});

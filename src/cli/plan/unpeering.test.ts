import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#machinery/meta.ts";
import { planOf } from "./model.ts";
import { type Ending, planDraining, planEnding, type SideFacts } from "./unpeering.ts";

const PEER = { "liqo.io/remote-cluster-id": "rome" };
const SENT = { ...PEER, "liqo.io/replicated": "true" };
const object = (
  kind: string,
  key: string,
  labels: Record<string, string> = {},
  annotations: Record<string, string> = {},
): KubeObject => {
  const [namespace, name = ""] = key.includes("/") ? key.split("/") : [undefined, key];
  return {
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }), labels, annotations, uid: `${kind} ${key}` },
  };
};

const NS = "liqo-tenant-rome";
const FACTS: SideFacts = {
  ...{ id: "milan", peerId: "rome", namespace: NS },
  objects: [
    object("Namespace", NS),
    object("Namespace", "other"),
    object("ForeignCluster", "rome"),
    object("ForeignCluster", "oslo"),
    object("ResourceSlice", `${NS}/rome`, PEER),
    object("ResourceSlice", `${NS}/milan`, SENT),
    object("NamespaceMap", `${NS}/rome`, PEER),
    object("NamespaceMap", `${NS}/milan`, SENT),
    object("VirtualNode", `${NS}/liqo-rome`, PEER),
    object("Deployment", `${NS}/vk-liqo-rome`),
    object("Deployment", `${NS}/mine`),
    object("Node", "liqo-rome"),
    object("Node", "worker"),
    object("ClusterRoleBinding", "liqo-node-liqo-rome"),
    object("ClusterRoleBinding", "liqo-gateway-liqo-tenant-rome-gw"),
    object("RoleBinding", "shop/liqo-node-liqo-rome"),
    object("Secret", `${NS}/liqo-signed-nonce`),
    object("Secret", `${NS}/liqo-nonce`),
    object("Tenant", `${NS}/rome`, PEER),
    object("RoleBinding", `${NS}/liqo-binding-liqo-remote-controlplane`),
    object("ClusterRoleBinding", "liqo-binding-liqo-virtual-kubelet-remote-clusterwide-rome"),
    object("Namespace", "web-rome", {}, { "liqo.io/managed-by-namespace-map": `${NS}/milan` }),
    object("ConfigMap", "web-rome/own"),
    object("GatewayServer", `${NS}/gw`, PEER),
    object("Connection", `${NS}/gw-gw`, PEER),
    object("Configuration", `${NS}/rome`, PEER),
  ],
  podsAway: [{ metadata: { name: "a", namespace: "shop" }, spec: { nodeName: "liqo-rome", containers: [] } }],
  podsHosted: [{ metadata: { name: "b", namespace: "web-rome" }, spec: { nodeName: "worker", containers: [] } }],
  remoteClaims: [{ cluster: "rome", namespace: "shop", name: "db", size: "1Gi" }],
  unlisted: [],
};

const CONSUMER = [
  "ClusterRoleBinding liqo-node-liqo-rome",
  `Deployment ${NS}/vk-liqo-rome`,
  `NamespaceMap ${NS}/rome`,
  "Node liqo-rome",
  `ResourceSlice ${NS}/rome`,
  "RoleBinding shop/liqo-node-liqo-rome",
  `Secret ${NS}/liqo-signed-nonce`,
  `VirtualNode ${NS}/liqo-rome`,
];
const GRANTS = [
  "ClusterRoleBinding liqo-binding-liqo-virtual-kubelet-remote-clusterwide-rome",
  "ConfigMap web-rome/own",
  "Namespace web-rome",
  `NamespaceMap ${NS}/milan`,
  `ResourceSlice ${NS}/milan`,
  `RoleBinding ${NS}/liqo-binding-liqo-remote-controlplane`,
];
const PROVIDER = [...GRANTS, `Secret ${NS}/liqo-nonce`, `Tenant ${NS}/rome`];
const NETWORK = [
  "ClusterRoleBinding liqo-gateway-liqo-tenant-rome-gw",
  `Configuration ${NS}/rome`,
  `GatewayServer ${NS}/gw`,
];
const OWN = "ConfigMap web-rome/own at milan, which is nobody's copy, is deleted";
const AWAY = [
  "pod shop/a of milan ends: no controller makes it again",
  "the data of claim shop/db (1Gi) at rome is lost",
];
const BREAKS = "the connection between milan and rome breaks";

function deletedBy(plan: ReturnType<typeof planOf>): string[] {
  return plan.changes
    .filter(({ verb }) => verb === "delete")
    .map(({ kind, namespace, name }) => `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`)
    .sort();
}

for (const [name, ending, expected, destructive] of [
  ["a consumer's side, and not what the peer has sent", { asConsumer: true }, CONSUMER, AWAY],
  ["a provider's side, and not what this cluster asks for", { asProvider: true }, PROVIDER, [OWN]],
  ["the network", { network: "all" }, NETWORK, [BREAKS]],
  [
    "the tunnel, while CIDRs keep their places",
    { network: "gateways" },
    NETWORK.filter((line) => !line.startsWith("Configuration")),
    [BREAKS],
  ],
  [
    "all of it, when the other one will not come back",
    { asConsumer: true, asProvider: true, isAlone: true, network: "all" },
    [...CONSUMER, ...PROVIDER, ...NETWORK],
    [
      AWAY[0],
      "pod web-rome/b of milan ends: its namespace goes; whether another is made elsewhere is up to rome",
      AWAY[1],
      OWN,
      BREAKS,
    ],
  ],
] as const satisfies readonly (readonly [string, Ending, readonly string[], readonly (string | undefined)[]])[])
  test(`ends: ${name}`, () => {
    const plan = planOf("x", [planEnding(FACTS, ending)]);
    assert.deepEqual(deletedBy(plan), [...expected].sort());
    assert.deepEqual(plan.destructive, destructive);
  });

test("with the tenant namespace goes the ForeignCluster, and what somebody has put there", () => {
  const plan = planOf("x", [planEnding(FACTS, { tenantNamespace: true })]);
  const inside = FACTS.objects.filter(({ metadata }) => metadata?.namespace === NS).length;
  assert.equal(plan.changes.length, inside + 2);
  assert.ok(plan.destructive.includes(`Deployment ${NS}/mine at milan, which is nobody's copy, is deleted`));
});

for (const isDrained of [false, true])
  test(`a tenant that is ${isDrained ? "" : "not "}drained yet loses what it has`, () => {
    const tenant = { metadata: { name: "rome", namespace: NS } };
    const plan = planOf("x", [planDraining(FACTS, tenant, isDrained)]);
    assert.deepEqual(deletedBy(plan), [...GRANTS].sort());
    assert.equal(plan.changes.filter(({ verb }) => verb === "change").length, isDrained ? 0 : 1);
    assert.equal(plan.pods.length, 1);
  });

test("what could not be listed is said", () => {
  const { remarks } = planOf("x", [planEnding({ ...FACTS, unlisted: ["secrets"] }, { network: "all" })]);
  assert.deepEqual(remarks, ["secrets could not be listed at milan: what goes of them is not told"]);
});

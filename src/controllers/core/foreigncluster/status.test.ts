import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import { CARRIER, CONNECTION_PROBLEM, PERMANENTLY_UNREACHABLE } from "#api/annotations.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Connection } from "#api/networking/connection.ts";
import { foreignClusterStatus, type PeerObjects } from "./status.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const CLUSTER: ForeignCluster = { metadata: { name: "rome", generation: 2 }, spec: { clusterID: "rome" } };
const NOTHING: PeerObjects = {
  tenant: undefined,
  identity: undefined,
  configuration: undefined,
  connection: undefined,
  gatewayServer: undefined,
  gatewayClient: undefined,
  gatewayDeployments: [],
  virtualNodes: [],
  virtualKubeletPods: [],
  nodes: [],
  apiServer: undefined,
};
const metadata = { namespace: "liqo-tenant-rome", name: "rome" };
const TENANT = { metadata, spec: { clusterID: "rome" } };
const IDENTITY = {
  metadata,
  spec: {
    clusterID: "rome",
    type: "ControlPlane" as const,
    namespace: "liqo-tenant-milan",
    authParams: { apiServer: "https://rome.test", proxyURL: "http://proxy.test" },
  },
};
const NODE = { metadata: { ...metadata, name: "liqo-rome" }, spec: { clusterID: "rome" } };
const READY = { status: { conditions: [{ type: "Ready", status: "True" }] } };
const UNREADY = { status: { conditions: [{ type: "Ready", status: "False" }] } };
const gateways = (readyReplicas: number, unavailableReplicas: number): Deployment[] => [
  { status: { readyReplicas, unavailableReplicas } },
];
const connection = (value: "Connected" | "Connecting" | "ConnectionError") => ({ metadata, status: { value } });
const LOST_PATH = {
  ...{ node: "worker-node-2", small: "Lost", full: "Lost", bytes: 1_340, interval: "10s" },
  lastProbe: "2026-01-01T00:00:00Z",
};
const statusOf = (seen: Partial<PeerObjects>, cluster = CLUSTER) =>
  foreignClusterStatus(cluster, { ...NOTHING, ...seen }, NOW_MS);

for (const [role, seen] of [
  ["Unknown", {}],
  ["Consumer", { tenant: TENANT }],
  ["Provider", { identity: IDENTITY }],
  ["Provider", { virtualNodes: [NODE] }],
  ["ConsumerAndProvider", { tenant: TENANT, identity: IDENTITY }],
] as const) {
  test(`a peer with ${Object.keys(seen).join(" and ") || "nothing"} is ${role}`, () => {
    assert.equal(statusOf(seen).role, role);
  });
}

const reasons = ({ modules }: ReturnType<typeof statusOf>, module: "networking" | "authentication" | "offloading") =>
  (modules?.[module].conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`);

for (const [name, module, expected, seen] of [
  ["without anything of it", "networking", [], {}],
  [
    "with a Configuration alone",
    "networking",
    [
      "NetworkConfigurationStatus Ready NetworkConfigurationPresence",
      "NetworkGatewayPresence NotReady GatewayMissing",
      "NetworkConnectionStatus NotReady ConnectionMissing",
    ],
    { configuration: { metadata } },
  ],
  [
    "with a server that does not run",
    "networking",
    [
      "NetworkConfigurationStatus NotReady NetworkConfigurationMissing",
      "NetworkGatewayPresence Ready GatewayPresence",
      "NetworkGatewayServerStatus NotReady GatewaysNotReady",
      "NetworkConnectionStatus NotReady ConnectionMissing",
    ],
    { gatewayServer: { metadata } },
  ],
  [
    "with a client of which a replica runs",
    "networking",
    [
      "NetworkConfigurationStatus Ready NetworkConfigurationPresence",
      "NetworkGatewayPresence Ready GatewayPresence",
      "NetworkGatewayClientStatus SomeNotReady GatewaysSomeNotReady",
      "NetworkConnectionStatus Pending ConnectionPending",
    ],
    {
      configuration: { metadata },
      gatewayClient: { metadata },
      gatewayDeployments: gateways(1, 1),
      connection: connection("Connecting"),
    },
  ],
  [
    "that is connected",
    "networking",
    [
      "NetworkConfigurationStatus Ready NetworkConfigurationPresence",
      "NetworkGatewayPresence Ready GatewayPresence",
      "NetworkGatewayServerStatus Ready GatewaysReady",
      "NetworkConnectionStatus Established ConnectionEstablished",
    ],
    {
      configuration: { metadata },
      gatewayServer: { metadata },
      gatewayDeployments: gateways(1, 0),
      connection: connection("Connected"),
    },
  ],
  [
    "with a Tenant that is not placed yet",
    "authentication",
    ["AuthTenantStatus NotReady TenantNotReady"],
    { tenant: TENANT },
  ],
  [
    "with one that is",
    "authentication",
    ["AuthTenantStatus Ready TenantReady"],
    { tenant: { ...TENANT, status: { tenantNamespace: "liqo-tenant-rome", authParams: {} } } },
  ],
  [
    "with one that needs no handshake",
    "authentication",
    ["AuthTenantStatus Ready TenantReady"],
    {
      tenant: {
        ...TENANT,
        spec: { clusterID: "rome", authzPolicy: "TolerateNoHandshake" },
        status: { tenantNamespace: "liqo-tenant-rome" },
      },
    },
  ],
  [
    "with an Identity without a kubeconfig",
    "authentication",
    ["AuthIdentityControlPlaneStatus NotReady IdentityNotReady"],
    { identity: IDENTITY },
  ],
  [
    "with one that has it",
    "authentication",
    ["AuthIdentityControlPlaneStatus Ready IdentityReady"],
    { identity: { ...IDENTITY, status: { kubeconfigSecretRef: { name: "k" } } } },
  ],
  [
    "with one that it no longer lets in",
    "authentication",
    ["AuthIdentityControlPlaneStatus NotReady IdentityRefused"],
    { identity: { ...IDENTITY, status: { kubeconfigSecretRef: { name: "k" } } }, apiServer: "refused" },
  ],
  [
    "whose virtual nodes are all ready",
    "offloading",
    ["OffloadingVirtualNodeStatus Ready VirtualNodesReady", "OffloadingNodeStatus Ready NodesReady"],
    { virtualNodes: [NODE], virtualKubeletPods: [READY], nodes: [READY] },
  ],
  [
    "of which some are",
    "offloading",
    [
      "OffloadingVirtualNodeStatus SomeNotReady VirtualNodesSomeNotReady",
      "OffloadingNodeStatus SomeNotReady NodesSomeNotReady",
    ],
    { virtualNodes: [NODE, NODE], virtualKubeletPods: [READY, UNREADY], nodes: [READY, UNREADY] },
  ],
  [
    "of which none is",
    "offloading",
    ["OffloadingVirtualNodeStatus NotReady VirtualNodesNotReady", "OffloadingNodeStatus NotReady NodesNotReady"],
    { virtualNodes: [NODE], virtualKubeletPods: [UNREADY], nodes: [UNREADY] },
  ],
  [
    "with one that is to have no Node",
    "offloading",
    ["OffloadingVirtualNodeStatus Ready VirtualNodesReady", "OffloadingNodeStatus Ready NodesReady"],
    { virtualNodes: [{ ...NODE, spec: { ...NODE.spec, createNode: false } }], virtualKubeletPods: [READY] },
  ],
] as const) {
  test(`${module} of a peer ${name}`, () => {
    const status = statusOf(seen as Partial<PeerObjects>);
    assert.deepEqual(reasons(status, module), expected);
    assert.equal(status.modules?.[module].enabled, expected.length > 0);
  });
}

for (const value of ["Connecting", "Error"]) {
  test(`a connection that is ${value} says what was tried in vain`, () => {
    const problem = "no answer from the gateway server at 192.0.2.1:51840/UDP";
    const annotations = { [CONNECTION_PROBLEM]: problem };
    const connection = { metadata: { ...metadata, annotations }, status: { value } };
    const conditions = statusOf({ configuration: { metadata }, connection }).modules?.networking.conditions ?? [];
    const shown = conditions.find(({ type }) => type === "NetworkConnectionStatus");
    assert.ok(shown?.message?.endsWith(`: ${problem}`), shown?.message);
  });
}

for (const [what, status, expected] of [
  ["nobody tells of it any more", { latency: { value: "1ms", timestamp: "2020-01-01T00:00:00Z" } }, "Unknown"],
  ["a node's packets are lost", { paths: [LOST_PATH] }, "SomeNotReady"],
] as const)
  test(`a connection of which ${what}: ${expected}`, () => {
    const connection = { metadata, status: { value: "Connected", interval: "10s", ...status } } as Connection;
    const conditions = statusOf({ configuration: { metadata }, connection }).modules?.networking.conditions ?? [];
    const shown = conditions.find(({ type }) => type === "NetworkConnectionStatus");
    assert.equal(shown?.status, expected);
    assert.match(
      shown.message ?? "",
      /^(the gateway has told nothing for more than 30s|of node worker-node-2: packets)/,
    );
  });

for (const [carrier, end] of [
  ["TCP 192.0.2.1:443", "is established over TCP 192.0.2.1:443"],
  ["UDP 192.0.2.1:51840", "is established"],
] as const) {
  test(`a connection by ${carrier.slice(0, 3)} ${end.includes("over") ? "says so" : "is as usual"}`, () => {
    const connection = {
      metadata: { ...metadata, annotations: { [CARRIER]: carrier } },
      status: { value: "Connected" },
    };
    const conditions = statusOf({ configuration: { metadata }, connection }).modules?.networking.conditions ?? [];
    const shown = conditions.find(({ type }) => type === "NetworkConnectionStatus");
    assert.ok(shown?.message?.endsWith(end), shown?.message);
  });
}

for (const [state, expected] of [
  ["ready", "Established"],
  ["refused", "Established"],
  ["notReady", "Error"],
  [undefined, undefined],
] as const) {
  test(`a peer whose API server is ${state ?? "not asked"}: ${expected ?? "nothing is said"}`, () => {
    assert.equal(statusOf({ identity: IDENTITY, apiServer: state }).conditions?.[0]?.status, expected);
  });
}

test("of a peer that is given up the last word stays when its identity goes, of others it does not", () => {
  const status = statusOf({ identity: IDENTITY, apiServer: "notReady" });
  const annotations = { [PERMANENTLY_UNREACHABLE]: "true" };
  assert.equal(statusOf({}, { ...CLUSTER, status }).conditions, undefined);
  const givenUp = { ...CLUSTER, metadata: { ...CLUSTER.metadata, annotations }, status };
  assert.deepEqual(statusOf({}, givenUp).conditions, status.conditions);
});

test("where the peer is reached, and which tenant namespaces are whose", () => {
  const { apiServerUrl, foreignProxyUrl, tenantNamespace, observedGeneration } = statusOf({ identity: IDENTITY });
  assert.deepEqual(
    { apiServerUrl, foreignProxyUrl, tenantNamespace, observedGeneration },
    {
      apiServerUrl: "https://rome.test",
      foreignProxyUrl: "http://proxy.test",
      tenantNamespace: { local: "liqo-tenant-rome", remote: "liqo-tenant-milan" },
      observedGeneration: 2,
    },
  );
});

test("conditions that stay keep the time at which they began, those that are gone go", () => {
  const before = statusOf({ configuration: { metadata }, gatewayServer: { metadata } });
  const seen = { ...NOTHING, configuration: { metadata } };
  const after = foreignClusterStatus({ ...CLUSTER, status: before }, seen, NOW_MS + 60_000);
  const [configuration, presence] = after.modules?.networking.conditions ?? [];
  assert.equal(configuration?.lastTransitionTime, "2026-01-01T00:00:00Z");
  assert.equal(presence?.lastTransitionTime, "2026-01-01T00:01:00Z");
  assert.equal(after.modules?.networking.conditions?.length, 3);
});

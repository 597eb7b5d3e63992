import assert from "node:assert/strict";
import { test } from "node:test";
import { foreignClusterChain } from "./foreigncluster.ts";
import { testChain } from "./testing/cases.ts";
import { nodeOf, podOf, waiting } from "./testing/facts.ts";
import {
  client,
  configuration,
  connection,
  HIDDEN,
  identity,
  measured,
  peering,
  quota,
  remote,
  slice,
  virtual,
} from "./testing/peer.ts";

const ended = { ...identity, spec: { ...identity.spec, authParams: { signedCRT: "bm90aGluZw==" } } };
const denied = (message: string) => ({
  ...slice,
  status: { conditions: [{ type: "Resources" as const, status: "Denied" as const, message }] },
});
const peerSays = (status: object) => ({ metadata: { name: "rome" }, status }) as never;
const host = { host: "liqo-fabric-1", type: "Applied", status: "False" };
const tenant = { metadata: { name: "milan", namespace: "t" }, spec: { clusterID: "rome" }, status: {} };

testChain(foreignClusterChain, [
  ["all is well", peering(), "ok", "node", /is ready/],
  ["a certificate that nobody can read says nothing", peering({ identities: [ended] }), "ok", "node", /is ready/],
  [
    "it has no tenant namespace",
    peering({ tenantNamespaces: [] }),
    "broken",
    "namespace",
    /no tenant namespace for rome/,
  ],
  [
    "that is going",
    peering({ tenantNamespaces: [{ metadata: { name: "t", deletionTimestamp: "x" } }] }),
    "broken",
    "namespace",
    /being deleted/,
  ],
  ["its Tenant is not signed", peering({ tenants: [tenant] }), "broken", "Tenant", /not configured/, /authenticate/],
  [
    "its Tenant is drained",
    peering({ tenants: [{ ...tenant, spec: { ...tenant.spec, tenantCondition: "Drained" } }] }),
    "broken",
    "Tenant",
    /drained/,
    /activate tenant milan/,
  ],
  ["there is no Identity", peering({ identities: [] }), "broken", "Identity", /has none at rome/, /authenticate/],
  [
    "an Identity has no kubeconfig",
    peering({ identities: [{ ...identity, status: {} }] }),
    "broken",
    "Identity",
    /no certificate was signed/,
  ],
  ["its kubeconfig is gone", peering({ secrets: [] }), "broken", "Identity", /is gone/],
  [
    "it is refused",
    peering({ peer: peerSays({ modules: { authentication: { conditions: [{ reason: "IdentityRefused" }] } } }) }),
    "broken",
    "API server",
    /does not let this cluster in/,
  ],
  [
    "the API server is silent",
    peering({
      peer: peerSays({ apiServerUrl: "https://x", conditions: [{ type: "APIServerStatus", status: "Error" }] }),
    }),
    "broken",
    "API server",
    /https:\/\/x, does not answer/,
    /curl -k https:\/\/x/,
  ],
  [
    "there is no Configuration",
    peering({ configurations: [] }),
    "broken",
    "Configuration",
    /none for rome/,
    /network connect/,
  ],
  [
    "the CIDRs have no place",
    peering({
      configurations: [{ ...configuration, status: {} }],
      networks: [{ metadata: { name: "rome-pod" }, spec: { cidr: "10.244.0.0/16" } }],
    }),
    "broken",
    "IPAM",
    /10\.244\.0\.0\/16 of rome no place/,
  ],
  ["there is no gateway", peering({ clients: [] }), "broken", "gateway", /neither a GatewayServer nor/],
  [
    "its template is gone",
    peering({ clients: [{ ...client, status: {} }] }),
    "broken",
    "gateway",
    /wireguard-client may not exist/,
  ],
  ["its key is not known", peering({ publicKeys: [] }), "broken", "key", /no PublicKey/],
  ["the gateway has no pod", peering({ gatewayPods: [] }), "broken", "gateway", /has no pod/],
  [
    "its image is nowhere",
    peering({
      gatewayPods: [
        podOf(waiting("ErrImagePull", "nope"), {}, { labels: { "networking.liqo.io/gateway-name": "rome" } }),
      ],
    }),
    "broken",
    "gateway",
    /nope/,
    /image's name/,
  ],
  [
    "a server has no address",
    peering({
      clients: [],
      servers: [{ metadata: { name: "rome", namespace: "t" }, spec: {}, status: { serverRef: { name: "rome" } } }],
    }),
    "broken",
    "gateway",
    /no address yet/,
    /NodePort/,
  ],
  [
    "the tunnel is down",
    peering({ connections: [connection("Error", { "networking.liqo.io/connection-problem": "no answer" })] }),
    "broken",
    "tunnel",
    /says Error: no answer/,
  ],
  [
    "a node loses long packets",
    peering({ connections: [measured("Lost", 0)] }),
    "broken",
    "paths",
    /of node worker: full-size packets are lost \(1380 bytes\)/,
    /liqoctl trace/,
  ],
  ["nobody has told of a tunnel", peering({ connections: [] }), "broken", "tunnel", /no Connection/],
  ["nodes know no gateway", peering({ fabrics: [] }), "broken", "overlay", /no InternalFabric/],
  [
    "a table is not applied",
    peering({
      firewalls: [{ metadata: { name: "remap", namespace: "t" }, spec: {} as never, status: { conditions: [host] } }],
    }),
    "broken",
    "tables",
    /liqo-fabric-1 has not been able to apply FirewallConfiguration remap/,
  ],
  [
    "the provider is silent about a slice",
    peering({ slices: [{ ...slice, status: {} }] }),
    "broken",
    "ResourceSlice",
    /has not answered rome/,
  ],
  [
    "the slice has not come there",
    peering({ slices: [{ ...slice, status: {} }], remote: { ...remote, slices: [] } }),
    "broken",
    "ResourceSlice",
    /has not come to rome/,
  ],
  [
    "nobody provides its class",
    peering({ slices: [{ ...slice, spec: { class: "gold" }, status: {} }] }),
    "broken",
    "ResourceSlice",
    /class gold/,
  ],
  [
    "the tenant is cordoned there",
    peering({ slices: [denied("the tenant is cordoned")] }),
    "broken",
    "ResourceSlice",
    /denies rome: the tenant is cordoned/,
    /uncordon tenant/,
  ],
  [
    "the slice is cordoned there",
    peering({ remote: { ...remote, quotas: [{ ...quota, spec: { ...quota.spec, cordoned: true } }] } }),
    "broken",
    "Quota",
    /cordoned rome/,
    /uncordon resourceslice rome/,
  ],
  ["there is no Quota", peering({ remote: { ...remote, quotas: [] } }), "broken", "Quota", /has no Quota/],
  ["no VirtualNode is made", peering({ virtualNodes: [] }), "broken", "VirtualNode", /none is made/],
  [
    "a VirtualNode has no kubeconfig",
    peering({ virtualNodes: [{ ...virtual, spec: { clusterID: "rome" } }] }),
    "broken",
    "identity",
    /names no kubeconfig/,
  ],
  ["its virtual kubelet has no pod", peering({ kubelets: [] }), "broken", "virtual kubelet", /has no pod/],
  [
    "its Node is not ready",
    peering({ nodes: [nodeOf("False", "the network is down")] }),
    "broken",
    "node",
    /the network is down/,
  ],
  [
    "nothing may be read",
    peering({
      peer: HIDDEN,
      tenantNamespaces: HIDDEN,
      identities: HIDDEN,
      configurations: HIDDEN,
      servers: HIDDEN,
      connections: HIDDEN,
      fabrics: HIDDEN,
      firewalls: HIDDEN,
      slices: HIDDEN,
    }),
    "unknown",
    "ResourceSlice",
    /could not be asked: it is forbidden/,
  ],
]);

for (const [what, seen, expected] of [
  ["told", [measured("Passed", 0)], "ok packets of pods on 1 nodes come to rome and back, small and full-size"],
  ["told long ago", [measured("Passed", 31)], "unknown node worker has told nothing for more than 30s"],
  ["measured by nobody", [connection("Connected")], undefined],
] as const)
  test(`the way of nodes' pods, ${what}`, () => {
    const link = [...foreignClusterChain(peering({ connections: seen }))].find((each) => each.link === "paths");
    assert.equal(link && `${link.state} ${link.says}`, expected);
  });

test("a tunnel that nobody has told of for long is one that nobody knows", () => {
  const latency = { value: "1ms", timestamp: "2026-11-30T11:00:00Z" };
  const old = { ...connection("Connected"), status: { value: "Connected", interval: "10s", latency } };
  const link = [...foreignClusterChain(peering({ connections: [old] }))].find((each) => each.link === "tunnel");
  assert.equal(link?.state, "unknown");
  assert.match(link.says, /says Connected, but that is of 2026-11-30T11:00:00Z: its gateway tells nothing any more/);
});

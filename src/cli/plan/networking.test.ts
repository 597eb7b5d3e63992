import assert from "node:assert/strict";
import { test } from "node:test";
import type { Network } from "#api/ipam/network.ts";
import { type NetworkSide, planNetworkSide } from "./networking.ts";

const own = (name: string, cidr: string): Network => ({
  metadata: { name, namespace: "liqo", uid: name, annotations: { "liqo.io/preinstalled": "true" } },
  spec: { cidr },
  status: { cidr },
});
const SIDE: NetworkSide = {
  ...{ id: "milan", peerId: "rome", namespace: "liqo-tenant-rome", isServer: false },
  ...{ gatewayName: "rome", configurationName: "rome", differing: [], sharesKeys: true },
  remote: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] },
  networks: [own("pod", "10.244.0.0/16"), own("external", "10.70.0.0/16")],
  nodes: [{ metadata: { name: "worker" }, status: { addresses: [{ type: "InternalIP", address: "10.245.0.9" }] } }],
  apiServers: [],
  internalNodes: ["worker-1", "worker-2"].map((name) => ({ metadata: { name } })),
};
const present: Network = {
  metadata: { name: "rome-pod-10-244-0-0-16", namespace: "liqo-tenant-rome", uid: "p" },
  status: { cidr: "10.99.0.0/16" },
};

for (const [name, side, expected] of [
  ["what is taken goes elsewhere, past the nodes", SIDE, ["10.246.0.0/16 expected", "10.71.0.0/16 expected"]],
  [
    "what has a place keeps it",
    { ...SIDE, networks: [...SIDE.networks, present] },
    ["10.99.0.0/16", "10.71.0.0/16 expected"],
  ],
  [
    "two of the peer's do not get the same place",
    { ...SIDE, remote: { pod: ["10.244.0.0/16", "10.246.0.0/16"], external: [] } },
    ["10.246.0.0/16 expected", "10.247.0.0/16 expected"],
  ],
  [
    "what cannot be had is said",
    { ...SIDE, remote: { pod: ["127.0.0.0/16"], external: [] } },
    ["127.0.0.0/16 overlaps 127.0.0.0/8, in which no cluster can be"],
  ],
  [
    "before the cluster's own have a place nobody knows",
    {
      ...SIDE,
      remote: { pod: ["10.9.0.0/16"], external: [] },
      networks: [{ ...own("pod", "10.244.0.0/16"), status: {} }],
    },
    ["this cluster's own CIDRs have no place yet"],
  ],
] as const)
  test(name, () => {
    const { addresses = [] } = planNetworkSide(side);
    assert.deepEqual(
      addresses.map(
        ({ seenAs, isExpected, problem }) => problem ?? `${seenAs}${isExpected === true ? " expected" : ""}`,
      ),
      expected,
    );
  });

for (const [isServer, kinds] of [
  [true, ["GatewayServer", "WgGatewayServer", "Service"]],
  [false, ["GatewayClient", "WgGatewayClient"]],
] as const)
  test(`a gateway that is ${isServer ? "server" : "client"} under its own name, with a tunnel from each node`, () => {
    const { steps = [] } = planNetworkSide({ ...SIDE, isServer, gatewayName: "own" });
    const found = steps.map(({ object: { kind = "", metadata } }) => ({ kind, name: metadata?.name ?? "" }));
    const gateways = found.filter(({ kind }) => /Gateway|^Service$/.test(kind));
    assert.deepEqual(
      gateways.map(({ kind }) => kind),
      kinds,
    );
    assert.deepEqual(
      found.filter(({ kind }) => kind === "GeneveTunnel").map(({ name }) => name),
      ["own-worker-1", "own-worker-2"],
    );
    assert.ok(found.some(({ kind, name }) => kind === "Deployment" && name === "gw-own"));
    assert.ok(found.some(({ kind, name }) => kind === "RouteConfiguration" && name === "rome-gw-ext"));
  });

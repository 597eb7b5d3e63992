import assert from "node:assert/strict";
import { test } from "node:test";
import type { GeneveTunnel, InternalFabric, InternalNode } from "#api/networking/internal.ts";
import { gatewayLinks, nodeLinks, type OverlayObjects } from "./plan.ts";

const fabric = (name: string, own: { mtu?: number; namespace?: string; isGoing?: boolean } = {}): InternalFabric => ({
  metadata: {
    name,
    namespace: own.namespace ?? "liqo-tenant-rome",
    ...(own.isGoing === true && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  },
  spec: {
    gatewayIP: `10.244.0.${name.length}`,
    interface: { node: { name: `liqo.${name}` }, gateway: { ip: "10.80.0.100" } },
    remoteCIDRs: [],
    ...(own.mtu !== undefined && { mtu: own.mtu }),
  } as NonNullable<InternalFabric["spec"]>,
});

const node = (name: string, status?: InternalNode["status"]): InternalNode => ({
  metadata: { name },
  spec: { interface: { gateway: { name: `liqo.gw-${name}` }, node: { ip: `10.80.0.${name.length}` } } },
  ...(status !== undefined && { status }),
});

const tunnel = (id: number, of: InternalFabric, to: InternalNode): GeneveTunnel => ({
  metadata: { name: `t${id}`, namespace: "liqo-tenant-rome" },
  spec: {
    id,
    internalFabricRef: { name: of.metadata?.name ?? "" },
    internalNodeRef: { name: to.metadata?.name ?? "" },
  } as NonNullable<GeneveTunnel["spec"]>,
});

const rome = fabric("rome", { mtu: 1400 });
const oslo = fabric("oslo-2");
const near = node("near", { nodeIP: { local: "192.0.2.1", remote: "198.51.100.1" } });
const far = node("remote", { nodeIP: { local: "192.0.2.2", remote: "198.51.100.2" } });
const all: OverlayObjects = {
  tunnels: [tunnel(7, rome, near), tunnel(8, oslo, near), tunnel(9, rome, far)],
  fabrics: [rome, oslo],
  nodes: [near, far],
};

test("a node has a link to each gateway, with the fabric's MTU or the usual one", () => {
  assert.deepEqual(nodeLinks("near", all), [
    { name: "liqo.rome", id: 7, remote: "10.244.0.4", address: "10.80.0.4", mtu: 1400 },
    { name: "liqo.oslo-2", id: 8, remote: "10.244.0.6", address: "10.80.0.4", mtu: 1340 },
  ]);
});

test("a gateway has a link to each node, to the address from which that node comes", () => {
  const own = { ...all, tunnels: all.tunnels.filter(({ spec }) => spec?.internalFabricRef.name === "rome") };
  assert.deepEqual(gatewayLinks("near", own), [
    { name: "liqo.gw-near", id: 7, remote: "192.0.2.1", address: "10.80.0.100", mtu: 1400 },
    { name: "liqo.gw-remote", id: 9, remote: "198.51.100.2", address: "10.80.0.100", mtu: 1400 },
  ]);
});

test("a node that has not said where it comes from is waited for", () => {
  const silent = { ...all, nodes: [node("near"), far] };
  assert.deepEqual(
    gatewayLinks("elsewhere", silent).map(({ name }) => name),
    ["liqo.gw-remote"],
  );
});

for (const [what, objects] of [
  ["the fabric is missing", { ...all, fabrics: [] }],
  ["the fabric goes", { ...all, fabrics: [fabric("rome", { isGoing: true }), fabric("oslo-2", { isGoing: true })] }],
  ["the fabric is another namespace's", { ...all, fabrics: [fabric("rome", { namespace: "other" })] }],
  ["the node is missing", { ...all, nodes: [] }],
  ["there are no tunnels", { ...all, tunnels: [] }],
] as const)
  test(`no link while ${what}`, () => {
    assert.deepEqual(nodeLinks("near", objects), []);
    assert.deepEqual(gatewayLinks("near", objects), []);
  });

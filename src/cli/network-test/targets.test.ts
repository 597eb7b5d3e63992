import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "kubernetes-types/core/v1";
import { externalAddress, nodePortUrls, readyAddresses } from "./targets.ts";

test("an address that is in two slices, or is not ready, does not count twice or at all", () => {
  const slice = (...endpoints: readonly { addresses: string[]; conditions?: { ready: boolean } }[]) => ({
    addressType: "IPv4",
    endpoints: [...endpoints],
  });
  const slices = [
    slice({ addresses: ["10.0.0.2"], conditions: { ready: true } }, { addresses: ["10.0.0.1"] }),
    slice({ addresses: ["10.0.0.1"] }, { addresses: ["10.0.0.3"], conditions: { ready: false } }),
    slice(),
  ];
  assert.deepEqual(readyAddresses(slices), ["10.0.0.1", "10.0.0.2"]);
});

const node = (address: string, type: string, key?: string): Node => ({
  spec: key === undefined ? {} : { taints: [{ key, effect: "NoSchedule" }] },
  status: {
    addresses: [
      { type: "Hostname", address: "h" },
      { type, address },
    ],
  },
});
const NODES = [node("1.1.1.1", "ExternalIP"), node("10.0.0.9", "InternalIP", "node-role.kubernetes.io/control-plane")];
const SERVICE = { spec: { ports: [{ port: 80, nodePort: 30_001 }] } };

for (const [choice, urls] of [
  ["all", ["http://1.1.1.1:30001", "http://10.0.0.9:30001"]],
  ["workers", ["http://1.1.1.1:30001"]],
  ["control-planes", ["http://10.0.0.9:30001"]],
] as const)
  test(`NodePorts of ${choice} nodes`, () => assert.deepEqual(nodePortUrls(NODES, choice, SERVICE), urls));

test("a Service without a NodePort, and a node without an address, have no URL", () => {
  assert.deepEqual(nodePortUrls(NODES, "all", {}), []);
  assert.deepEqual(nodePortUrls([{}], "all", SERVICE), []);
});

for (const [address, remapped, expected] of [
  ["10.70.0.5", "10.71.0.0/16", "10.71.0.5"],
  ["10.70.0.5", "10.70.0.0/16", "10.70.0.5"],
  ["10.99.0.5", "10.71.0.0/16", undefined],
  ["10.70.0.5", undefined, undefined],
] as const)
  test(`${address} is ${expected} where 10.70.0.0/16 is ${remapped}`, () => {
    const cidrs = (external: string | undefined) => ({
      remote: { cidr: { external: external === undefined ? [] : [external] } },
    });
    const configuration = { spec: cidrs("10.70.0.0/16"), status: cidrs(remapped) };
    assert.equal(externalAddress(address, configuration), expected);
  });

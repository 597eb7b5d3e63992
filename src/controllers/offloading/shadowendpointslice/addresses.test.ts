import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import { mustParseCidr } from "#base/cidr.ts";
import { placeAddress, placeDirect } from "./addresses.ts";

const networked: Configuration = {
  metadata: { name: "milan" },
  spec: { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
  status: { remote: { cidr: { pod: ["10.245.0.0/16"], external: ["10.71.0.0/16"] } } },
};
const naples: Configuration = {
  metadata: { name: "naples" },
  spec: { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
  status: { remote: { cidr: { pod: ["10.80.0.0/16"], external: ["10.81.0.0/16"] } } },
};
const waiting: Configuration = { metadata: { name: "milan" }, spec: networked.spec ?? {} };
const own = ["10.244.0.0/16", "10.96.0.0/12", "172.31.0.11/32"].map(mustParseCidr);
const hasPod = (address: string): boolean => address === "10.244.3.3";
const otherPeer = (clusterId: string) =>
  clusterId === "naples" ? { foreign: undefined, configuration: naples } : undefined;
const here = { hasPod, own, otherPeer, clusterId: "rome" };

for (const [what, address, withNetwork, without] of [
  ["a pod of the consumer", "10.244.1.5", "10.245.1.5", undefined],
  ["what the consumer maps", "10.70.0.9", "10.71.0.9", "10.70.0.9"],
  ["a pod of the consumer here", "10.244.3.3", "10.245.3.3", "10.244.3.3"],
  ["the ClusterIP of the API server", "10.96.0.1", undefined, undefined],
  ["a node", "172.31.0.11", undefined, undefined],
  ["loopback", "127.0.0.1", undefined, undefined],
  ["the cloud's metadata", "169.254.169.254", undefined, undefined],
  ["somewhere else", "192.168.9.9", undefined, "192.168.9.9"],
  ["IPv6", "fd00::1", undefined, undefined],
  ["a name", "kubernetes.default", undefined, undefined],
] as const) {
  test(`${what}: ${withNetwork ?? "refused"} with a network, ${without ?? "refused"} without`, () => {
    assert.equal(placeAddress(address, { configuration: networked, ...here }, "milan"), withNetwork);
    assert.equal(placeAddress(address, { configuration: undefined, ...here }), without);
  });
}

test("until the consumer's CIDRs have their place, nothing leads there", () => {
  assert.equal(placeAddress("10.244.1.5", { configuration: waiting, ...here }), undefined);
});

test("an endpoint of this cluster keeps its address, and is a pod of the consumer or nothing", () => {
  for (const configuration of [networked, undefined]) {
    assert.equal(placeAddress("10.244.3.3", { configuration, ...here }, "rome"), "10.244.3.3");
    assert.equal(placeAddress("10.244.1.5", { configuration, ...here }, "rome"), undefined);
  }
});

for (const [what, clusterId, relayed, placed] of [
  ["of a peer is that peer's pod", "naples", "10.70.0.9", "10.80.2.7"],
  ["of a stranger is what the consumer maps for it", "turin", "10.70.0.9", "10.71.0.9"],
  ["of a stranger that the consumer maps to nothing of its own is refused", "turin", "10.96.0.1", undefined],
  ["of a stranger that the consumer does not map is refused", "turin", undefined, undefined],
] as const) {
  test(`a direct address ${what}`, () => {
    const around = { configuration: networked, ...here };
    assert.equal(placeDirect({ address: "10.90.2.7", clusterId, relayed }, around), placed);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { mustParseCidr } from "#base/cidr.ts";
import {
  candidateSubnets,
  checkName,
  clusterAddressing,
  hostLink,
  hostLinkName,
  nodeAddress,
  nodePodCidr,
} from "./addressing.ts";

test("a lab's candidates leave out every range that is routed already", () => {
  const free = candidateSubnets("demo", [mustParseCidr("198.18.0.0/16")]);
  assert.equal(free.length, 16);
  assert.ok(free.every((subnet) => subnet.startsWith("198.19.")));
  assert.equal(candidateSubnets("demo", [mustParseCidr("0.0.0.0/0")]).length, 32, "a default route occupies nothing");
});

test("clusters of a lab get neighbouring /24 and links of their own", () => {
  assert.deepEqual(hostLink("198.18.16.0/20"), { outer: "198.18.16.1", inner: "198.18.16.2", prefix: 30 });
  assert.deepEqual(clusterAddressing("198.18.16.0/20", 1), {
    subnet: "198.18.18.0/24",
    gateway: "198.18.18.1",
    loadBalancerRange: { first: "198.18.18.200", last: "198.18.18.250" },
    uplink: { outer: "198.18.16.21", inner: "198.18.16.22", prefix: 30 },
  });
  assert.throws(() => clusterAddressing("198.18.16.0/20", 15), RangeError);
});

test("nodes get an address and a /24 of the pod CIDR each, until it is used up", () => {
  assert.equal(nodeAddress("198.18.18.0/24", 2), "198.18.18.12");
  assert.equal(nodePodCidr("10.244.0.0/16", 2), "10.244.2.0/24");
  assert.throws(() => nodePodCidr("10.244.0.0/23", 2), /no \/24 for node number 3/);
});

test("names that cannot be part of a namespace's file name are refused", () => {
  assert.throws(() => checkName("lab", "../etc"), /lab name/);
  assert.ok(hostLinkName("a-very-long-lab-name").length <= 15);
});

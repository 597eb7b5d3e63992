import assert from "node:assert/strict";
import { test } from "node:test";
import type { IP } from "#api/ipam/ip.ts";
import type { Network } from "#api/ipam/network.ts";
import { planIp } from "./plan.ts";

const network = (name: string, changes: { type?: string; cidr?: string; preAllocated?: number } = {}): Network => ({
  metadata: {
    namespace: "liqo",
    name,
    ...(changes.type !== undefined && { labels: { "ipam.liqo.io/network-type": changes.type } }),
  },
  spec: { cidr: "10.0.0.0/8", ...(changes.preAllocated !== undefined && { preAllocated: changes.preAllocated }) },
  ...(changes.cidr !== undefined && { status: { cidr: changes.cidr } }),
});
const EXTERNAL = network("external", { type: "external-cidr", cidr: "10.70.0.0/30" });
const ip = (uid: string, address?: string, networkRef?: { name: string; namespace: string }): IP => ({
  metadata: { namespace: "off", name: uid, uid },
  spec: { ip: "192.0.2.1", ...(networkRef !== undefined && { networkRef }) },
  ...(address !== undefined && { status: { ip: address, cidr: "10.70.0.0/30" } }),
});
const NONE = new Map<string, string>();
const OTHER = { name: "other", namespace: "liqo" };

for (const [name, expected, own, taken] of [
  ["it gets the first address of the external CIDR", "10.70.0.0", ip("a"), { networks: [EXTERNAL] }],
  ["the first that is free", "10.70.0.1", ip("a"), { networks: [EXTERNAL], ips: [ip("b", "10.70.0.0")] }],
  [
    "none that was given out a moment ago",
    "10.70.0.1",
    ip("a"),
    { networks: [EXTERNAL], given: new Map([["b", "10.70.0.0"]]) },
  ],
  ["and itself the same again", "10.70.0.2", ip("a"), { networks: [EXTERNAL], given: new Map([["a", "10.70.0.2"]]) }],
  [
    "none of those that a Network keeps for itself",
    "10.70.0.2",
    ip("a"),
    { networks: [network("external", { type: "external-cidr", cidr: "10.70.0.0/30", preAllocated: 2 })] },
  ],
  [
    "one of the Network that it names",
    "10.99.0.0",
    ip("a", undefined, OTHER),
    { networks: [EXTERNAL, network("other", { cidr: "10.99.0.0/24" })] },
  ],
  ["it waits for a Network that is not there", "wait", ip("a", undefined, OTHER), { networks: [EXTERNAL] }],
  [
    "also when one of that name lies elsewhere",
    "wait",
    ip("a", undefined, { ...OTHER, namespace: "off" }),
    { networks: [EXTERNAL, network("other", { cidr: "10.99.0.0/24" })] },
  ],
  ["it waits for the external CIDR", "wait", ip("a"), { networks: [network("external", { type: "external-cidr" })] }],
  ["what it has it keeps", "settled", ip("a", "10.70.0.3"), { networks: [EXTERNAL] }],
  [
    "a full Network has none left",
    "full",
    ip("a"),
    { networks: [network("external", { type: "external-cidr", cidr: "10.70.0.0/32" })], ips: [ip("b", "10.70.0.0")] },
  ],
] as const) {
  test(`an IP: ${name}`, () => {
    const plan = planIp(own, { ips: [], given: NONE, ...taken });
    assert.equal(plan.do === "give" ? plan.address : plan.do, expected);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Network } from "#api/ipam/network.ts";
import { chooseCidr, planNetwork } from "./network-plan.ts";

const fixed = { "ipam.liqo.io/network-not-remapped": "true" };
const own = (uid: string, cidr: string, labels: Record<string, string> = {}): Network => ({
  metadata: { name: uid, uid, labels, annotations: { "liqo.io/preinstalled": "true" } },
  spec: { cidr },
  status: { cidr },
});
const OF_CHART: readonly Network[] = [
  own("pod", "10.244.0.0/16", fixed),
  own("service", "10.96.0.0/12", fixed),
  own("external", "10.70.0.0/16"),
  own("internal", "10.80.0.0/16"),
  own("reserved", "172.16.0.0/16", fixed),
];
const NODES = ["192.168.7.11", "10.10.0.4"];

for (const [name, claim, expected] of [
  ["what is free is taken as it is", "10.11.0.0/16", "10.11.0.0/16"],
  ["the pod CIDR", "10.244.0.0/16", "10.245.0.0/16"],
  ["a part of the pod CIDR", "10.244.9.0/24", "10.245.9.0/24"],
  ["the Services' CIDR", "10.96.0.0/16", "10.112.0.0/16"],
  ["the external CIDR", "10.70.0.0/16", "10.71.0.0/16"],
  ["the overlay", "10.80.0.0/16", "10.81.0.0/16"],
  ["a reserved subnet", "172.16.0.0/16", "172.17.0.0/16"],
  ["the subnet of a node", "192.168.7.0/24", "192.168.6.0/24"],
  ["a node", "10.10.0.4/32", "10.10.0.5/32"],
  ["a network around a node", "10.10.0.0/16", "10.11.0.0/16"],
  ["somebody's public addresses", "8.8.8.0/24", "10.0.0.0/24"],
  ["half of the Internet", "128.0.0.0/1", undefined],
  ["everything", "0.0.0.0/0", undefined],
  ["what fits nowhere any more", "10.0.0.0/8", undefined],
  ["the cloud's metadata", "169.254.169.254/32", undefined],
] as const) {
  test(`a peer that claims ${claim} (${name}) gets ${expected ?? "nothing"}`, () => {
    const network = { metadata: { name: "peer", uid: "peer" }, spec: { cidr: claim } };
    const choice = chooseCidr(network, { all: [...OF_CHART, network], given: new Map(), own: NODES });
    assert.equal(choice.cidr, expected);
    if (expected === undefined) assert.ok(choice.problem?.includes(claim), choice.problem);
  });
}

test("two claims in one moment do not get the same block", () => {
  const peer = (uid: string) => ({ metadata: { name: uid, uid }, spec: { cidr: "10.11.0.0/16" } });
  const taken = { all: [...OF_CHART, peer("a"), peer("b")], given: new Map([["a", "10.11.0.0/16"]]), own: NODES };
  assert.deepEqual(chooseCidr(peer("b"), taken), { cidr: "10.9.0.0/16" });
});

const UNPLACED = {
  metadata: { name: "late", uid: "late", annotations: { "liqo.io/preinstalled": "true" } },
  spec: { cidr: "10.81.0.0/16" },
};
const PEER = { metadata: { name: "peer", uid: "peer" }, spec: { cidr: "10.11.0.0/16" } };

for (const [name, expected, network, all] of [
  ["a peer's gets its CIDR", "give", PEER, [...OF_CHART, PEER]],
  ["not before the cluster's own have theirs", "wait", PEER, [...OF_CHART, UNPLACED, PEER]],
  ["which do not wait for each other", "give", UNPLACED, [...OF_CHART, UNPLACED]],
  ["what it has it keeps", "settled", { ...PEER, status: { cidr: "10.11.0.0/16" } }, [...OF_CHART, UNPLACED]],
  ["what cannot be had is refused", "refuse", { ...PEER, spec: { cidr: "0.0.0.0/0" } }, OF_CHART],
] as const) {
  test(`a Network: ${name}`, () => {
    assert.equal(planNetwork(network, { all, given: new Map(), own: NODES }).do, expected);
  });
}

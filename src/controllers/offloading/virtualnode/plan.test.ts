import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { hasNodeTooMany, isLast, networkOf, planVirtualNode } from "./plan.ts";

const namespace = "liqo-tenant-rome";
const node = (uid: string, changes: { metadata?: object; spec?: object } = {}): VirtualNode =>
  ({
    metadata: { namespace, name: "liqo-rome", uid, ...changes.metadata },
    spec: { clusterID: "rome", template: { spec: {} }, ...changes.spec },
  }) as unknown as VirtualNode;
const GOING = { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } };

for (const [name, expected, seen, peer] of [
  ["runs in its provider's tenant namespace", "run", node("1"), "rome"],
  ["nowhere else", "misplaced", node("1"), undefined],
  ["not in another peer's either", "misplaced", node("1"), "turin"],
  ["waits for its template", "nothing", node("1", { spec: { template: undefined } }), "rome"],
  ["is removed wherever it is", "remove", node("1", GOING), undefined],
  ["that is gone is nothing to do", "nothing", undefined, "rome"],
] as const) {
  test(`a VirtualNode ${name}`, () => assert.equal(planVirtualNode(seen, peer).do, expected));
}

for (const [name, expected, all] of [
  ["alone it is", true, [node("1")]],
  ["beside one of another provider, too", true, [node("1"), node("2", { spec: { clusterID: "turin" } })]],
  ["beside another one of its provider it is not", false, [node("1"), node("2")]],
] as const) {
  test(`the last of its provider: ${name}`, () => assert.equal(isLast(node("1"), all), expected));
}

test("the network is that with its provider, out of its own namespace", () => {
  const configuration = (name: string, where: string, peer: string): Configuration => ({
    metadata: { name, namespace: where, labels: { "liqo.io/remote-cluster-id": peer } },
  });
  const all = [
    configuration("forged", "off", "rome"),
    configuration("other", namespace, "turin"),
    configuration("own", namespace, "rome"),
  ];
  assert.equal(networkOf(node("1"), all)?.metadata?.name, "own");
  assert.equal(networkOf(node("1"), all.slice(0, 2)), undefined);
});

const machine = (type?: string) => ({
  metadata: { name: "liqo-rome", labels: type === undefined ? {} : { "liqo.io/type": type } },
});
for (const [name, expected, createNode, seen] of [
  ["wanted", false, true, machine("virtual-node")],
  ["that is not said to be wanted", false, undefined, machine("virtual-node")],
  ["that is not wanted any more", true, false, machine("virtual-node")],
  ["that is not wanted and not there", false, false, undefined],
  ["that is a machine", false, false, machine()],
] as const) {
  test(`a Node ${name} is ${expected ? "taken away" : "left alone"}`, () =>
    assert.equal(hasNodeTooMany(node("1", { spec: { createNode } }), seen), expected));
}

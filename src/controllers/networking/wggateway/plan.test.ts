import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { activePod, rivalOf } from "./plan.ts";

const GATEWAY = { metadata: { name: "rome", uid: "1" } };
const ownedBy = (uid: string): Deployment => ({
  metadata: {
    name: "gw-rome",
    ownerReferences: [{ apiVersion: "v1", kind: "WgGatewayClient", name: "rome", uid, controller: true }],
  },
});

for (const [name, isRival, deployment] of [
  ["its own Deployment", false, ownedBy("1")],
  ["another gateway's", true, ownedBy("2")],
  ["nobody's, which it takes over", false, { metadata: { name: "gw-rome" } }],
  ["none yet", false, undefined],
] as const) {
  test(`a gateway finds ${name}: ${isRival ? "the name is taken" : "it may write"}`, () => {
    assert.equal(rivalOf(GATEWAY, deployment) !== undefined, isRival);
  });
}

test("a rival is told of by name", () => {
  assert.match(rivalOf(GATEWAY, ownedBy("2")) ?? "", /^Deployment gw-rome belongs to WgGatewayClient rome: /);
});

const LABELS = { "networking.liqo.io/gateway-name": "rome", "networking.liqo.io/active": "true" };
const pod = (name: string, changes: { metadata?: object; status?: object } = {}): Pod => ({
  metadata: { name, labels: LABELS, ...changes.metadata },
  status: { phase: "Running", podIP: "10.244.0.9", conditions: [{ type: "Ready", status: "True" }], ...changes.status },
});
const UNREADY = { status: { conditions: [{ type: "Ready", status: "False" }] } };

for (const [name, expected, pods] of [
  ["the pod in charge counts", "a", [pod("a")]],
  [
    "one that is not in charge does not",
    undefined,
    [pod("a", { metadata: { labels: { ...LABELS, "networking.liqo.io/active": "false" } } })],
  ],
  [
    "nor one of another gateway",
    undefined,
    [pod("a", { metadata: { labels: { ...LABELS, "networking.liqo.io/gateway-name": "turin" } } })],
  ],
  ["nor one on its way out", undefined, [pod("a", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })]],
  ["nor one without an address", undefined, [pod("a", { status: { podIP: "" } })]],
  ["a ready one comes first", "b", [pod("a", UNREADY), pod("b")]],
  ["one that runs is better than none", "a", [pod("a", UNREADY)]],
  ["one that has finished is not", undefined, [pod("a", { status: { ...UNREADY.status, phase: "Failed" } })]],
] as const) {
  test(`of a gateway's pods ${name}`, () => {
    assert.equal(activePod(pods, "rome")?.metadata?.name, expected);
  });
}

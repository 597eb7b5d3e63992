import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { planActive } from "./plan.ts";

const GATEWAY = { namespace: "liqo-tenant-rome", name: "rome" };
const LEASE = "rome.liqo-tenant-rome.server.connections.liqo.io";
const lease = (holderIdentity: string, name = LEASE): Lease => ({ metadata: { name }, spec: { holderIdentity } });
const pod = (name: string, isActive: boolean, ...args: string[]): Pod => ({
  metadata: {
    name,
    labels: { [labels.GATEWAY_NAME]: GATEWAY.name, ...(isActive && { [labels.GATEWAY_ACTIVE]: "true" }) },
  },
  spec: { containers: [{ name: "gateway", args }] },
});
const other: Pod = { metadata: { name: "a", labels: { [labels.GATEWAY_NAME]: "venice" } } };
const ELECTING = "--leader-election=true";

for (const [name, leases, pods, expected] of [
  ["the holder is in charge", [lease("a")], [pod("a", false, ELECTING), pod("b", false, ELECTING)], ["+a"]],
  [
    "the next holder takes over, and there is always one",
    [lease("b")],
    [pod("b", false), pod("a", true)],
    ["+b", "-a"],
  ],
  ["a lease given up leaves the last one in charge until another has it", [lease("")], [pod("a", true)], []],
  ["what is right stays", [lease("a")], [pod("a", true), pod("b", false)], []],
  [
    "without a lease yet nothing is known of those that elect",
    [],
    [pod("a", true, ELECTING), pod("b", false, ELECTING)],
    [],
  ],
  ["one that does not elect is in charge", [], [pod("a", false)], ["+a"]],
  ["the lease of another gateway says nothing", [lease("a", `not-${LEASE}`)], [pod("a", false, ELECTING)], []],
  ["the pod of another gateway is left alone", [lease("a")], [other], []],
] as const) {
  test(name, () => {
    const changes = planActive(GATEWAY, leases, pods);
    assert.deepEqual(
      changes.map((change) => `${change.isActive ? "+" : "-"}${change.pod.metadata?.name}`),
      expected,
    );
  });
}

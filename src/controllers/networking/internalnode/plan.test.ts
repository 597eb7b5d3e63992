import assert from "node:assert/strict";
import { test } from "node:test";
import { planInternalNode } from "./plan.ts";

const PHYSICAL = { metadata: { name: "worker" } };
const VIRTUAL = { metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } } };
const INTERNAL = { metadata: { name: "worker" } };

for (const [name, expected, node, internal, isUninstalling] of [
  ["a physical node gets its InternalNode", "create", PHYSICAL, undefined, false],
  ["which stays as it is", "nothing", PHYSICAL, INTERNAL, false],
  ["a virtual node gets none", "nothing", VIRTUAL, undefined, false],
  ["and loses one that it has", "delete", VIRTUAL, INTERNAL, false],
  ["it goes with its node", "delete", undefined, INTERNAL, false],
  ["without a node there is none", "nothing", undefined, undefined, false],
  ["none is made while Liqo is being uninstalled", "nothing", PHYSICAL, undefined, true],
  ["those that are left go even then", "delete", undefined, INTERNAL, true],
] as const) {
  test(name, () => {
    assert.equal(planInternalNode({ node, internal, isUninstalling }).do, expected);
  });
}

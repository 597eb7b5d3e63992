import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import { planMark } from "./plan.ts";

const node = (ready: "True" | "False", type = "virtual-node"): Node => ({
  metadata: { name: "liqo-rome", labels: { "liqo.io/type": type } },
  status: { conditions: [{ type: "Ready", status: ready }] },
});
const pod = (labels: Record<string, string>): Pod => ({ metadata: { name: "cart", labels } });
const OFFLOADED = { "liqo.io/shadowPod": "true" };
const MARKED = { ...OFFLOADED, "liqo.io/remote-unavailable": "true" };

for (const [name, expected, seen, on] of [
  ["a pod of a node that is up stays as it is", "nothing", pod(OFFLOADED), node("True")],
  ["one of a node that is down is marked", "mark", pod(OFFLOADED), node("False")],
  ["once", "nothing", pod(MARKED), node("False")],
  ["and unmarked when it is up again", "unmark", pod(MARKED), node("True")],
  ["a pod that is not offloaded is left alone", "nothing", pod({}), node("False")],
  ["a node that is not virtual says nothing", "nothing", pod(OFFLOADED), node("False", "metal")],
  ["nor does one that is gone", "nothing", pod(OFFLOADED), undefined],
  ["a pod that is gone is nothing to do", "nothing", undefined, node("False")],
] as const) {
  test(name, () => assert.equal(planMark(seen, on).do, expected));
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Taint, Toleration } from "kubernetes-types/core/v1";
import { firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { taintToleration } from "./taint-toleration.ts";

const spot = (effect: string): Taint => ({ key: "spot", value: "yes", effect });
const REASONS = ["node(s) had untolerated taint(s)"];

function judge(taints: readonly Taint[], tolerations: readonly Toleration[]) {
  const pod = podNamed("web", { spec: { tolerations: [...tolerations] } });
  const [node, state] = firstNode([nodeNamed("rome-1", { spec: { taints: [...taints] } })]);
  return { rejection: taintToleration.filter?.(pod, node, state), score: taintToleration.score?.(pod, node, state) };
}

for (const [name, taints, tolerations, expected] of [
  ["no taint", [], [], undefined],
  ["a taint", [spot("NoSchedule")], [], REASONS],
  ["a taint that throws pods out", [spot("NoExecute")], [], REASONS],
  ["a taint that only asks", [spot("PreferNoSchedule")], [], undefined],
  ["a tolerated one", [spot("NoSchedule")], [{ key: "spot", operator: "Equal", value: "yes" }], undefined],
  ["one tolerated with another value", [spot("NoSchedule")], [{ key: "spot", value: "no" }], REASONS],
  [
    "two, one of them tolerated",
    [spot("NoSchedule"), { key: "gpu", effect: "NoSchedule" }],
    [{ key: "spot", operator: "Exists" }],
    REASONS,
  ],
] as [string, Taint[], Toleration[], string[] | undefined][]) {
  test(`TaintToleration: ${name}`, () => assert.deepEqual(judge(taints, tolerations).rejection?.reasons, expected));
}

test("TaintToleration counts the taints that only ask and are not tolerated; fewer are better", () => {
  const taints = [spot("PreferNoSchedule"), { key: "slow", effect: "PreferNoSchedule" }, spot("NoSchedule")];
  assert.equal(judge(taints, []).score, 2);
  assert.equal(judge(taints, [{ key: "slow", operator: "Exists" }]).score, 1);
  assert.equal(taintToleration.reverse, true);
});

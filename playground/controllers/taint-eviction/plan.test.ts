import assert from "node:assert/strict";
import { test } from "node:test";
import type { Taint, Toleration } from "kubernetes-types/core/v1";
import { podNamed } from "#kit/cluster-objects.ts";
import { evictionTime } from "./plan.ts";

const ADDED = "2026-01-01T00:00:00Z";
const lost: Taint = { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: ADDED };
const other: Taint = { key: "broken", effect: "NoExecute", timeAdded: ADDED };
const forSeconds = (tolerationSeconds?: number): Toleration => ({
  key: lost.key,
  operator: "Exists",
  effect: "NoExecute",
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
});
const after = (seconds: number): number => Date.parse(ADDED) + seconds * 1_000;

for (const [name, taints, tolerations, expected] of [
  ["there is no taint", [], [], undefined],
  ["the taint is no reason to leave", [{ ...lost, effect: "NoSchedule" }], [], undefined],
  ["it is not tolerated: at once", [lost], [], 0],
  ["it is tolerated", [lost], [forSeconds()], undefined],
  ["it is tolerated for a while", [lost], [forSeconds(300)], after(300)],
  ["the shortest of several counts", [lost], [forSeconds(), forSeconds(300), forSeconds(60)], after(60)],
  ["a time below zero is none", [lost], [forSeconds(-5)], after(0)],
  ["another is not tolerated", [lost, other], [forSeconds(300)], 0],
  [
    "both are, for their time",
    [lost, other],
    [forSeconds(300), { key: "broken", operator: "Exists", tolerationSeconds: 60 }],
    after(60),
  ],
] as [string, Taint[], Toleration[], number | undefined][]) {
  test(`when a pod leaves a node: ${name}`, () => {
    assert.equal(evictionTime(podNamed("web", { spec: { tolerations } }), taints), expected);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from "kubernetes-types/policy/v1";
import { podNamed } from "#kit/cluster-objects.ts";
import { budgetStatus, expectedPods } from "./status.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const pods = (ready: number, sick = 0): Pod[] =>
  Array.from({ length: ready + sick }, (_, i) =>
    podNamed(`p${i}`, { status: { conditions: [{ type: "Ready", status: i < ready ? "True" : "False" }] } }),
  );
const budget = (spec: PodDisruptionBudgetSpec): PodDisruptionBudget => ({ metadata: { generation: 2 }, spec });

for (const [name, spec, covered, expected, desired, allowed] of [
  ["at least two of three", { minAvailable: 2 }, pods(3), 3, 2, 1],
  ["at least two of two", { minAvailable: 2 }, pods(2), 2, 2, 0],
  ["at least half of three, rounded up", { minAvailable: "50%" }, pods(3), 3, 2, 1],
  ["at most one of three missing", { maxUnavailable: 1 }, pods(3), 3, 2, 1],
  ["at most one of three missing, and one is", { maxUnavailable: 1 }, pods(2, 1), 3, 2, 0],
  ["at most a third missing, rounded up", { maxUnavailable: "34%" }, pods(4), 4, 2, 2],
  ["more than there are may be missing", { maxUnavailable: 5 }, pods(2), 2, 0, 2],
  ["of those that should be, not of those that are", { minAvailable: "50%" }, pods(2), 4, 2, 0],
  ["nothing said", {}, pods(2), 2, 0, 2],
  ["nothing there", { minAvailable: 0 }, [], 0, 0, 0],
] as [string, PodDisruptionBudgetSpec, Pod[], number, number, number][]) {
  test(`a budget of ${name}`, () => {
    const status = budgetStatus(budget(spec), covered, expected, NOW);
    assert.deepEqual(
      [status.expectedPods, status.desiredHealthy, status.disruptionsAllowed, status.observedGeneration],
      [expected, desired, allowed, 2],
    );
    assert.equal(status.currentHealthy, covered.filter((pod) => pod.status?.conditions?.[0]?.status === "True").length);
    const [condition] = status.conditions ?? [];
    const [value, reason] = allowed > 0 ? ["True", "SufficientPods"] : ["False", "InsufficientPods"];
    assert.deepEqual(
      [condition?.type, condition?.status, condition?.reason, condition?.message, condition?.lastTransitionTime],
      ["DisruptionAllowed", value, reason, "", "2026-01-01T00:00:00Z"],
    );
  });
}

test("there should be as many pods as their controllers ask for, or as there are", () => {
  const of = (name: string, uid?: string): Pod => {
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: uid ?? "", uid: uid ?? "", controller: true };
    return podNamed(name, uid === undefined ? {} : { metadata: { ownerReferences: [owner] } });
  };
  const covered = [of("a", "web"), of("b", "web"), of("c", "unscaled"), of("d", "unscaled"), of("bare")];
  assert.equal(
    expectedPods(covered, ({ name }) => (name === "web" ? 5 : undefined)),
    8,
  );
  assert.equal(
    expectedPods([], () => 1),
    0,
  );
});

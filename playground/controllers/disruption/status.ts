/** How many pods a PodDisruptionBudget lets go. Kubernetes: pkg/controller/disruption/disruption.go (getExpectedPodCount, updatePdbStatus) */
import type { Pod } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "kubernetes-types/policy/v1";
import { type Condition, withCondition } from "#machinery/conditions.ts";
import { controllerOf, type OwnerReference } from "#machinery/meta.ts";
import { isReady } from "#machinery/pod.ts";

/** How many pods there should be: what their controllers are scaled to, or as many as there are where that is unknown. */
export function expectedPods(
  covered: readonly Pod[],
  scaleOf: (controller: OwnerReference) => number | undefined,
): number {
  const groups = Map.groupBy(covered, (pod) => controllerOf(pod)?.uid ?? pod.metadata?.uid ?? "");
  let total = 0;
  for (const group of groups.values()) {
    const [controller] = group.flatMap((pod) => controllerOf(pod) ?? []);
    total += (controller === undefined ? undefined : scaleOf(controller)) ?? group.length;
  }
  return total;
}

export function budgetStatus(
  budget: PodDisruptionBudget,
  covered: readonly Pod[],
  expected: number,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  // Percentages are of the pods that there should be.
  const scaled = (value: string | number): number =>
    typeof value === "number" ? value : Math.ceil((Number.parseFloat(value) / 100) * expected);
  const currentHealthy = covered.filter(isReady).length;
  const desiredHealthy =
    maxUnavailable !== undefined
      ? Math.max(0, expected - scaled(maxUnavailable))
      : minAvailable === undefined
        ? 0
        : scaled(minAvailable);
  const disruptionsAllowed = expected === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
  const condition: Condition = {
    type: "DisruptionAllowed",
    status: disruptionsAllowed > 0 ? "True" : "False",
    reason: disruptionsAllowed > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
    observedGeneration: budget.metadata?.generation ?? 0,
  };
  const conditions = withCondition<Condition>(budget.status?.conditions as Condition[] | undefined, condition, nowMs);
  return {
    observedGeneration: budget.metadata?.generation ?? 0,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods: expected,
    conditions: conditions.map((c) => ({
      ...c,
      reason: c.reason ?? "",
      message: c.message ?? "",
      lastTransitionTime: c.lastTransitionTime ?? "",
    })),
  };
}

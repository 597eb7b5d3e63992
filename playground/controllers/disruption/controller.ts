/** How many pods a PodDisruptionBudget lets go. Kubernetes: pkg/controller/disruption/disruption.go */
import type { Pod } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { podDisruptionBudgets, pods, replicaSets, statefulSets } from "#machinery/builtin.ts";
import { type Condition, withCondition } from "#machinery/conditions.ts";
import { controllerOf, keyOf } from "#machinery/meta.ts";
import { isActive, isReady } from "#machinery/pod.ts";
import { selects } from "#machinery/selector.ts";
import type { Deps } from "../deps.ts";

export function disruptionController(deps: Deps): Controller {
  const budgets = deps.informers.for(podDisruptionBudgets);
  const podInformer = deps.informers.for(pods);
  const sets = deps.informers.for(replicaSets);
  const stateful = deps.informers.for(statefulSets);
  const expectedOf = (covered: readonly Pod[]): number => {
    const owners = new Map(
      covered.map((pod) => [controllerOf(pod)?.uid ?? pod.metadata?.uid ?? "", controllerOf(pod)]),
    );
    let total = 0;
    for (const [uid, owner] of owners) {
      const key = { namespace: covered[0]?.metadata?.namespace ?? "", name: owner?.name ?? "" };
      const scaled =
        owner?.kind === "ReplicaSet"
          ? sets.store.get(key)
          : owner?.kind === "StatefulSet"
            ? stateful.store.get(key)
            : undefined;
      total +=
        scaled?.spec?.replicas ?? covered.filter((pod) => (controllerOf(pod)?.uid ?? pod.metadata?.uid) === uid).length;
    }
    return total;
  };
  return {
    name: "disruption",
    watches: [
      watchFor(budgets),
      watchMapped(podInformer, (pod) =>
        budgets.store
          .list(pod.metadata?.namespace)
          .filter(({ spec }) => selects(spec?.selector, pod.metadata?.labels))
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const budget = budgets.store.get(key);
      if (budget === undefined) return DONE;
      const covered = podInformer.store
        .list(key.namespace)
        .filter((pod) => isActive(pod) && selects(budget.spec?.selector, pod.metadata?.labels));
      const status = budgetStatus(budget, covered, expectedOf(covered), deps.nowMs());
      const { conditions: _new, ...counts } = status;
      const before = budget.status as Record<string, unknown> | undefined;
      const changed = Object.entries(counts).some(
        ([field, value]) => JSON.stringify(before?.[field] ?? 0) !== JSON.stringify(value),
      );
      if (changed)
        await deps.client.updateStatus(ctx, podDisruptionBudgets, {
          ...budget,
          status: { ...budget.status, ...status },
        });
      return DONE;
    },
  };
}

export function budgetStatus(
  budget: PodDisruptionBudget,
  covered: readonly Pod[],
  expectedPods: number,
  nowMs: number,
) {
  const { minAvailable, maxUnavailable } = budget.spec ?? {};
  const scaled = (value: string | number): number =>
    typeof value === "number" ? value : Math.ceil((Number.parseFloat(value) / 100) * expectedPods);
  const currentHealthy = covered.filter(isReady).length;
  const desiredHealthy =
    maxUnavailable !== undefined
      ? Math.max(0, expectedPods - scaled(maxUnavailable))
      : minAvailable === undefined
        ? 0
        : scaled(minAvailable);
  const disruptionsAllowed = expectedPods === 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
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
    expectedPods,
    conditions: conditions.map((c) => ({
      ...c,
      reason: c.reason ?? "",
      message: c.message ?? "",
      lastTransitionTime: c.lastTransitionTime ?? "",
    })),
  };
}

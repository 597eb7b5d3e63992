/** Tells each PodDisruptionBudget how many pods it lets go. Kubernetes: pkg/controller/disruption/disruption.go */
import { isDeepStrictEqual } from "node:util";
import type { ReplicaSet, StatefulSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { podDisruptionBudgets, pods, replicaSets, statefulSets } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey, type OwnerReference } from "#machinery/meta.ts";
import { isActive } from "#machinery/pod.ts";
import { selects } from "#machinery/selector.ts";
import type { Deps } from "../deps.ts";
import { budgetStatus, expectedPods } from "./status.ts";

interface Stores {
  readonly budgets: Store<PodDisruptionBudget>;
  readonly pods: Store<Pod>;
  readonly replicaSets: Store<ReplicaSet>;
  readonly statefulSets: Store<StatefulSet>;
}

export function disruptionController(deps: Deps): Controller {
  const budgets = deps.informers.for(podDisruptionBudgets);
  const podInformer = deps.informers.for(pods);
  const stores: Stores = {
    budgets: budgets.store,
    pods: podInformer.store,
    replicaSets: deps.informers.for(replicaSets).store,
    statefulSets: deps.informers.for(statefulSets).store,
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
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, stores: Stores, key: ObjectKey): Promise<Result> {
  const budget = stores.budgets.get(key);
  if (budget === undefined) return DONE;
  const covered = stores.pods
    .list(key.namespace)
    .filter((pod) => isActive(pod) && selects(budget.spec?.selector, pod.metadata?.labels));
  const expected = expectedPods(covered, (controller) => scaleOf(stores, key.namespace ?? "", controller));
  const status = budgetStatus(budget, covered, expected, deps.nowMs());
  const { conditions: _follow, ...counts } = status;
  const before = budget.status as Record<string, unknown> | undefined;
  const isChanged = Object.entries(counts).some(([field, value]) => !isDeepStrictEqual(before?.[field] ?? 0, value));
  if (!isChanged) return DONE;
  await deps.client.updateStatus(ctx, podDisruptionBudgets, { ...budget, status: { ...budget.status, ...status } });
  return DONE;
}

function scaleOf(stores: Stores, namespace: string, { kind, name }: OwnerReference): number | undefined {
  if (kind === "ReplicaSet") return stores.replicaSets.get({ namespace, name })?.spec?.replicas;
  if (kind === "StatefulSet") return stores.statefulSets.get({ namespace, name })?.spec?.replicas;
  return undefined;
}

/** Keeps the number of pods of a ReplicaSet. Kubernetes: pkg/controller/replicaset/replica_set.go */
import type { ReplicaSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import { pods, replicaSets } from "#machinery/builtin.ts";
import { controllerOf, controllerReference, formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isActive, isAvailable, isReady } from "#machinery/pod.ts";
import { selects } from "#machinery/selector.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { Expectations } from "../expectations.ts";
import { byDeletionCost, podFromTemplate } from "../pods.ts";

// Kubernetes: BurstReplicas
const BURST = 500;

export function replicaSetController(deps: Deps): Controller {
  const sets = deps.informers.for(replicaSets);
  const podInformer = deps.informers.for(pods);
  const expectations = new Expectations(deps.nowMs);
  return {
    name: "replicaset",
    workers: 5,
    watches: [
      watchFor(sets),
      watchOwned(podInformer, "ReplicaSet"),
      // A pod without owner may be adopted.
      watchMapped(podInformer, (pod) =>
        controllerOf(pod) === undefined
          ? sets.store
              .list(pod.metadata?.namespace)
              .filter((set) => adopts(set, pod))
              .map(keyOf)
          : [],
      ),
    ],
    reconcile: async (ctx, key) => {
      const set = sets.store.get(key);
      if (set === undefined) {
        expectations.forget(formatKey(key));
        return DONE;
      }
      const owned = await ownPods(ctx, deps, set, podInformer.store.list(key.namespace));
      const byUid = new Map(podInformer.store.list(key.namespace).map((pod) => [pod.metadata?.uid ?? "", pod]));
      const caughtUp = expectations.satisfied(
        formatKey(key),
        (uid) => byUid.has(uid),
        (uid) => byUid.get(uid)?.metadata?.deletionTimestamp === undefined && byUid.has(uid),
      );
      if (caughtUp && set.metadata?.deletionTimestamp === undefined) await scale(ctx, deps, set, owned, expectations);
      return report(ctx, deps, set, owned, key);
    },
  };
}

function adopts(set: ReplicaSet, pod: Pod): boolean {
  return selects(set.spec?.selector, pod.metadata?.labels);
}

/** Active pods controlled by the set, after adopting matching orphans. */
async function ownPods(ctx: Context, deps: Deps, set: ReplicaSet, candidates: readonly Pod[]): Promise<Pod[]> {
  const owned: Pod[] = [];
  for (const pod of candidates.filter(isActive)) {
    const owner = controllerOf(pod);
    if (owner?.uid === set.metadata?.uid && owner !== undefined) owned.push(pod);
    else if (owner === undefined && adopts(set, pod) && set.metadata?.deletionTimestamp === undefined) {
      const references = [...(pod.metadata?.ownerReferences ?? []), controllerReference(set)];
      const body = { metadata: { uid: pod.metadata?.uid, ownerReferences: references } };
      owned.push(await deps.client.patch(ctx, pods, keyOf(pod), "strategic", body));
    }
  }
  return owned;
}

async function scale(
  ctx: Context,
  deps: Deps,
  set: ReplicaSet,
  owned: Pod[],
  expectations: Expectations,
): Promise<void> {
  const key = formatKey(keyOf(set));
  const difference = (set.spec?.replicas ?? 1) - owned.length;
  if (difference > 0) {
    await Promise.all(
      Array.from({ length: Math.min(difference, BURST) }, () => create(ctx, deps, set, key, expectations)),
    );
  }
  if (difference < 0) {
    const victims = [...owned].sort(byDeletionCost).slice(0, Math.min(-difference, BURST));
    await Promise.all(victims.map((pod) => remove(ctx, deps, set, pod, key, expectations)));
  }
}

async function create(
  ctx: Context,
  deps: Deps,
  set: ReplicaSet,
  key: string,
  expectations: Expectations,
): Promise<void> {
  if (set.spec?.template === undefined) return;
  try {
    const pod = await deps.client.create(ctx, pods, podFromTemplate(set, set.spec.template));
    expectations.created(key, pod.metadata?.uid ?? "");
    deps.events.normal(ctx, set, "SuccessfulCreate", `Created pod: ${pod.metadata?.name}`);
  } catch (error) {
    deps.events.warning(ctx, set, "FailedCreate", `Error creating: ${messageOf(error)}`);
    throw error;
  }
}

async function remove(
  ctx: Context,
  deps: Deps,
  set: ReplicaSet,
  pod: Pod,
  key: string,
  expectations: Expectations,
): Promise<void> {
  const uid = pod.metadata?.uid ?? "";
  try {
    await deps.client.delete(ctx, pods, keyOf(pod), { uid });
    expectations.deleted(key, uid);
    deps.events.normal(ctx, set, "SuccessfulDelete", `Deleted pod: ${pod.metadata?.name}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function report(
  ctx: Context,
  deps: Deps,
  set: ReplicaSet,
  owned: readonly Pod[],
  _key: ObjectKey,
): Promise<Result> {
  const minReady = set.spec?.minReadySeconds ?? 0;
  const ready = owned.filter(isReady);
  const available = ready.filter((pod) => isAvailable(pod, minReady, deps.nowMs()));
  const templateLabels = { matchLabels: { ...set.spec?.template?.metadata?.labels } };
  const status = {
    replicas: owned.length,
    fullyLabeledReplicas: owned.filter((pod) => selects(templateLabels, pod.metadata?.labels)).length,
    readyReplicas: ready.length,
    availableReplicas: available.length,
    observedGeneration: set.metadata?.generation ?? 0,
  };
  const before = set.status as Record<string, unknown> | undefined;
  const changed = Object.entries(status).some(([field, value]) => (before?.[field] ?? 0) !== value);
  if (changed) await deps.client.updateStatus(ctx, replicaSets, { ...set, status: { ...set.status, ...status } });
  return minReady > 0 && available.length < ready.length ? { requeueAfterMs: minReady * 1000 } : DONE;
}

/** Keeps the number of pods of a ReplicaSet. Kubernetes: pkg/controller/replicaset/replica_set.go */
import type { ReplicaSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { pods, replicaSets } from "#machinery/builtin.ts";
import { controllerOf, controllerReference, formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isActive } from "#machinery/pod.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { Expectations } from "../expectations.ts";
import { controllerUid, NO_CONTROLLER, uidOf } from "../indexes.ts";
import { podFromTemplate } from "../pods.ts";
import { adopts, planReplicas, type ReplicaPlan } from "./plan.ts";
import { replicaSetStatus } from "./status.ts";

interface Sources {
  readonly sets: Store<ReplicaSet>;
  readonly podsByController: Index<Pod>;
  readonly podsByUid: Index<Pod>;
  readonly expectations: Expectations;
}

export function replicaSetController(deps: Deps): Controller {
  const sets = deps.informers.for(replicaSets);
  const podInformer = deps.informers.for(pods);
  const sources: Sources = {
    sets: sets.store,
    podsByController: podInformer.store.indexBy(controllerUid),
    podsByUid: podInformer.store.indexBy(uidOf),
    expectations: new Expectations(deps.nowMs),
  };
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
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const { expectations, podsByController, podsByUid } = sources;
  const set = sources.sets.get(key);
  if (set === undefined) {
    expectations.forget(formatKey(key));
    return DONE;
  }
  const isEnding = set.metadata?.deletionTimestamp !== undefined;
  const owned = podsByController.get(set.metadata?.uid ?? "").filter(isActive);
  if (!isEnding)
    for (const orphan of podsByController.get(NO_CONTROLLER))
      if (adopts(set, orphan)) owned.push(await adopt(ctx, deps, set, orphan));
  const isCaughtUp = expectations.satisfied(formatKey(key), (uid) => podsByUid.get(uid)[0]);
  if (isCaughtUp && !isEnding) await act(ctx, deps, set, planReplicas(set, owned), expectations);
  return report(ctx, deps, set, owned);
}

async function adopt(ctx: Context, deps: Deps, set: ReplicaSet, orphan: Pod): Promise<Pod> {
  const ownerReferences = [...(orphan.metadata?.ownerReferences ?? []), controllerReference(set)];
  const body = { metadata: { uid: orphan.metadata?.uid, ownerReferences } };
  return deps.client.patch(ctx, pods, keyOf(orphan), "strategic", body);
}

async function act(
  ctx: Context,
  deps: Deps,
  set: ReplicaSet,
  plan: ReplicaPlan,
  expectations: Expectations,
): Promise<void> {
  await Promise.all([
    ...Array.from({ length: plan.create }, () => create(ctx, deps, set, expectations)),
    ...plan.remove.map((pod) => remove(ctx, deps, set, pod, expectations)),
  ]);
}

async function create(ctx: Context, deps: Deps, set: ReplicaSet, expectations: Expectations): Promise<void> {
  if (set.spec?.template === undefined) return;
  try {
    const pod = await deps.client.create(ctx, pods, podFromTemplate(set, set.spec.template));
    expectations.created(formatKey(keyOf(set)), pod.metadata?.uid ?? "");
    deps.events.normal(ctx, set, "SuccessfulCreate", `Created pod: ${pod.metadata?.name}`);
  } catch (error) {
    deps.events.warning(ctx, set, "FailedCreate", `Error creating: ${messageOf(error)}`);
    throw error;
  }
}

async function remove(ctx: Context, deps: Deps, set: ReplicaSet, pod: Pod, expectations: Expectations): Promise<void> {
  const uid = pod.metadata?.uid ?? "";
  try {
    await deps.client.delete(ctx, pods, keyOf(pod), { uid });
    expectations.deleted(formatKey(keyOf(set)), uid);
    deps.events.normal(ctx, set, "SuccessfulDelete", `Deleted pod: ${pod.metadata?.name}`);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function report(ctx: Context, deps: Deps, set: ReplicaSet, owned: readonly Pod[]): Promise<Result> {
  const status = replicaSetStatus(set, owned, deps.nowMs());
  const before = set.status as Record<string, unknown> | undefined;
  const isChanged = Object.entries(status).some(([field, value]) => (before?.[field] ?? 0) !== value);
  if (isChanged) await deps.client.updateStatus(ctx, replicaSets, { ...set, status: { ...set.status, ...status } });
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const isWaiting = minReadySeconds > 0 && status.availableReplicas < status.readyReplicas;
  return isWaiting ? { requeueAfterMs: minReadySeconds * 1000 } : DONE;
}

/** Ordered, named pods with claims of their own. Kubernetes: pkg/controller/statefulset */
import type { ControllerRevision, StatefulSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { controllerUid } from "../indexes.ts";
import { shortHash } from "../pods.ts";
import { ensureRevision } from "../revisions.ts";
import { planStateful, revisionOfPod, type StatefulStep } from "./plan.ts";
import { claimsOf, statefulPod, type Templates, templatesOf } from "./pod.ts";
import { statefulStatus } from "./status.ts";

interface Sources {
  readonly sets: Store<StatefulSet>;
  readonly podsByController: Index<Pod>;
  readonly revisionsByController: Index<ControllerRevision>;
}

export function statefulSetController(deps: Deps): Controller {
  const sets = deps.informers.for(statefulSets);
  const podInformer = deps.informers.for(pods);
  const revisionInformer = deps.informers.for(controllerRevisions);
  const sources: Sources = {
    sets: sets.store,
    podsByController: podInformer.store.indexBy(controllerUid),
    revisionsByController: revisionInformer.store.indexBy(controllerUid),
  };
  return {
    name: "statefulset",
    workers: 2,
    watches: [watchFor(sets), watchOwned(podInformer, "StatefulSet"), watchOwned(revisionInformer, "StatefulSet")],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const set = sources.sets.get(key);
  if (set === undefined || set.metadata?.deletionTimestamp !== undefined) return DONE;
  const uid = set.metadata?.uid ?? "";
  const owned = sources.podsByController.get(uid);
  // Also the revision that pods below the partition are made of, when none of them is there.
  const used = new Set([...owned.map(revisionOfPod), set.status?.currentRevision ?? ""]);
  await ensureRevision(ctx, deps, set, shortHash(set.spec?.template), used);
  const templates = templatesOf(set, sources.revisionsByController.get(uid));
  for (const step of planStateful(set, owned, templates.current.revision)) await act(ctx, deps, set, step, templates);
  await report(ctx, deps, set, owned);
  return DONE;
}

async function act(
  ctx: Context,
  deps: Deps,
  set: StatefulSet,
  step: StatefulStep,
  templates: Templates,
): Promise<void> {
  if (step.do === "delete") {
    const uid = step.pod.metadata?.uid;
    await deps.client.deleteIfPresent(ctx, pods, keyOf(step.pod), uid === undefined ? {} : { uid });
    deps.events.normal(
      ctx,
      set,
      "SuccessfulDelete",
      `delete Pod ${step.pod.metadata?.name} in StatefulSet ${set.metadata?.name} successful`,
    );
  }
  if (step.do !== "create") return;
  const { current, update } = templates;
  const pod = statefulPod(set, step.ordinal, step.revision === current.revision ? current : update);
  try {
    await createClaims(ctx, deps, set, step.ordinal);
    await deps.client.create(ctx, pods, pod);
    deps.events.normal(
      ctx,
      set,
      "SuccessfulCreate",
      `create Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name} successful`,
    );
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

async function createClaims(ctx: Context, deps: Deps, set: StatefulSet, ordinal: number): Promise<void> {
  for (const claim of claimsOf(set, ordinal)) {
    try {
      await deps.client.create(ctx, persistentVolumeClaims, claim);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

async function report(ctx: Context, deps: Deps, set: StatefulSet, owned: readonly Pod[]): Promise<void> {
  const status = statefulStatus(set, owned);
  const before = set.status as Record<string, unknown> | undefined;
  const isChanged = Object.entries(status).some(([field, value]) => before?.[field] !== value);
  if (isChanged) await deps.client.updateStatus(ctx, statefulSets, { ...set, status: { ...set.status, ...status } });
}

/** Ordered, named pods with claims of their own. Kubernetes: pkg/controller/statefulset */
import type { StatefulSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from "#machinery/builtin.ts";
import { controllerOf, keyOf } from "#machinery/meta.ts";
import { isReady, isTerminal, isTerminating } from "#machinery/pod.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { podFromTemplate, shortHash } from "../pods.ts";
import { ensureRevision } from "../revisions.ts";

const HASH = "controller-revision-hash";

export type StatefulStep =
  | { readonly do: "create"; readonly ordinal: number }
  | { readonly do: "delete"; readonly pod: Pod }
  | { readonly do: "wait" };

export function statefulSetController(deps: Deps): Controller {
  const sets = deps.informers.for(statefulSets);
  const podInformer = deps.informers.for(pods);
  return {
    name: "statefulset",
    workers: 2,
    watches: [
      watchFor(sets),
      watchOwned(podInformer, "StatefulSet"),
      watchOwned(deps.informers.for(controllerRevisions), "StatefulSet"),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const set = sets.store.get(key);
      if (set === undefined || set.metadata?.deletionTimestamp !== undefined) return DONE;
      const owned = podInformer.store.list(key.namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata?.uid);
      const used = new Set(owned.map((pod) => pod.metadata?.labels?.[HASH] ?? ""));
      await ensureRevision(ctx, deps, set, shortHash(set.spec?.template), used);
      for (const step of planStateful(set, owned)) await act(ctx, deps, set, step);
      await report(ctx, deps, set, owned);
      return DONE;
    },
  };
}

/** Next steps: one at a time when ordered, all at once with podManagementPolicy Parallel. */
export function planStateful(set: StatefulSet, owned: readonly Pod[]): StatefulStep[] {
  const replicas = set.spec?.replicas ?? 1;
  const start = set.spec?.ordinals?.start ?? 0;
  const isParallel = set.spec?.podManagementPolicy === "Parallel";
  const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod), pod]));
  const steps: StatefulStep[] = [];
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) steps.push({ do: "create", ordinal });
    else if (isTerminal(pod) && !isTerminating(pod)) steps.push({ do: "delete", pod });
    else if (isTerminating(pod) || !isReady(pod)) steps.push({ do: "wait" });
    if (!isParallel && steps.length > 0) return steps;
  }
  const surplus = owned
    .filter((pod) => ordinalOf(set, pod) >= start + replicas)
    .sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  for (const pod of surplus) {
    if (!isTerminating(pod)) steps.push({ do: "delete", pod });
    if (!isParallel) return steps.length > 0 ? steps : [{ do: "wait" }];
  }
  if (steps.length > 0 || set.spec?.updateStrategy?.type === "OnDelete") return steps;
  return rollStep(set, owned, start);
}

/** Rolling update: from the highest ordinal down to the partition. */
function rollStep(set: StatefulSet, owned: readonly Pod[], start: number): StatefulStep[] {
  const partition = start + (set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
  const hash = revisionOf(set);
  const outdated = owned
    .filter((pod) => pod.metadata?.labels?.[HASH] !== hash && ordinalOf(set, pod) >= partition && !isTerminating(pod))
    .sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  const [pod] = outdated;
  return pod === undefined ? [] : [{ do: "delete", pod }];
}

function revisionOf(set: StatefulSet): string {
  return `${set.metadata?.name}-${shortHash(set.spec?.template)}`;
}

function ordinalOf(set: StatefulSet, pod: Pod): number {
  return Number((pod.metadata?.name ?? "").slice((set.metadata?.name ?? "").length + 1));
}

async function act(ctx: Context, deps: Deps, set: StatefulSet, step: StatefulStep): Promise<void> {
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
  const pod = statefulPod(set, step.ordinal);
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

function statefulPod(set: StatefulSet, ordinal: number): Pod {
  const name = `${set.metadata?.name}-${ordinal}`;
  const template = set.spec?.template ?? {};
  const labels = {
    ...template.metadata?.labels,
    "apps.kubernetes.io/pod-index": String(ordinal),
    "statefulset.kubernetes.io/pod-name": name,
    [HASH]: revisionOf(set),
  };
  const pod = podFromTemplate(set, { ...template, metadata: { ...template.metadata, labels } }, name);
  if (pod.spec === undefined) return pod;
  pod.spec.hostname = name;
  if (set.spec?.serviceName !== undefined) pod.spec.subdomain = set.spec.serviceName;
  const claims = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => ({
    name: metadata?.name ?? "",
    persistentVolumeClaim: { claimName: `${metadata?.name}-${name}` },
  }));
  const own = new Set(claims.map((claim) => claim.name));
  pod.spec.volumes = [...(pod.spec.volumes ?? []).filter((volume) => !own.has(volume.name)), ...claims];
  return pod;
}

async function createClaims(ctx: Context, deps: Deps, set: StatefulSet, ordinal: number): Promise<void> {
  for (const template of set.spec?.volumeClaimTemplates ?? []) {
    const metadata = {
      name: `${template.metadata?.name}-${set.metadata?.name}-${ordinal}`,
      namespace: set.metadata?.namespace ?? "default",
      labels: { ...template.metadata?.labels, ...set.spec?.selector.matchLabels },
    };
    try {
      await deps.client.create(ctx, persistentVolumeClaims, {
        metadata,
        ...(template.spec !== undefined && { spec: template.spec }),
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
}

async function report(ctx: Context, deps: Deps, set: StatefulSet, owned: readonly Pod[]): Promise<void> {
  const revision = revisionOf(set);
  const current = owned.filter((pod) => !isTerminal(pod));
  const updated = current.filter((pod) => pod.metadata?.labels?.[HASH] === revision).length;
  const isRolled = updated === current.length;
  const status = {
    observedGeneration: set.metadata?.generation ?? 0,
    replicas: current.length,
    readyReplicas: current.filter(isReady).length,
    availableReplicas: current.filter(isReady).length,
    currentReplicas: isRolled ? updated : current.length - updated,
    updatedReplicas: updated,
    currentRevision: isRolled ? revision : (set.status?.currentRevision ?? revision),
    updateRevision: revision,
    collisionCount: 0,
  };
  const before = set.status as Record<string, unknown> | undefined;
  const isChanged = Object.entries(status).some(([field, value]) => before?.[field] !== value);
  if (isChanged) await deps.client.updateStatus(ctx, statefulSets, { ...set, status: { ...set.status, ...status } });
}

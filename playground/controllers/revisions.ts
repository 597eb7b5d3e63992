/**
 * ControllerRevisions: the templates a DaemonSet or StatefulSet has had, for `kubectl rollout history` and `undo`.
 * Kubernetes: pkg/controller/history/controller_history.go, pkg/controller/daemon/update.go (snapshot)
 */
import type { ControllerRevision } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { controllerRevisions } from "#machinery/builtin.ts";
import { controllerReference, type KubeObject, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "./deps.ts";
import { controllerUid } from "./indexes.ts";

// Kubernetes: history.ControllerRevisionHashLabel, apps.DefaultDaemonSetUniqueLabelKey
const HASH_LABELS = ["controller.kubernetes.io/hash", "controller-revision-hash"];
const SKIPPED = "kubectl.kubernetes.io/last-applied-configuration";

interface Revised extends KubeObject {
  readonly spec?: { readonly template: PodTemplateSpec; readonly revisionHistoryLimit?: number };
}

export type RevisionPlan =
  | { readonly do: "create"; readonly revision: number }
  | { readonly do: "renumber"; readonly found: ControllerRevision; readonly revision: number }
  | { readonly do: "keep" };

/** An old template that is used again becomes the newest revision. */
export function planRevision(name: string, present: readonly ControllerRevision[]): RevisionPlan {
  const newest = Math.max(0, ...present.map(({ revision }) => revision));
  const found = present.find(({ metadata }) => metadata?.name === name);
  if (found === undefined) return { do: "create", revision: newest + 1 };
  return found.revision === newest ? { do: "keep" } : { do: "renumber", found, revision: newest + 1 };
}

/** Makes `<owner>-<hash>` the newest revision, and removes the oldest beyond the limit that no pod is of. */
export async function ensureRevision(
  ctx: Context,
  deps: Deps,
  owner: Revised,
  hash: string,
  usedNames: ReadonlySet<string>,
): Promise<void> {
  const { name: ownerName = "", namespace = "default", annotations } = owner.metadata ?? {};
  const name = `${ownerName}-${hash}`;
  const present = deps.informers
    .for(controllerRevisions)
    .store.indexBy(controllerUid)
    .get(owner.metadata?.uid ?? "");
  const plan = planRevision(name, present);
  if (plan.do === "renumber")
    await deps.client.patch(ctx, controllerRevisions, keyOf(plan.found), "merge", { revision: plan.revision });
  if (plan.do === "create") {
    const template = owner.spec?.template ?? {};
    const { [SKIPPED]: _skipped, ...kept } = annotations ?? {};
    const revision: ControllerRevision = {
      metadata: {
        name,
        namespace,
        labels: { ...template.metadata?.labels, ...Object.fromEntries(HASH_LABELS.map((label) => [label, hash])) },
        annotations: kept,
        ownerReferences: [controllerReference(owner)],
      },
      data: { spec: { template: { ...template, $patch: "replace" } } },
      revision: plan.revision,
    };
    try {
      await deps.client.create(ctx, controllerRevisions, revision);
    } catch (error) {
      // The cache is behind.
      if (!isAlreadyExists(error)) throw error;
    }
  }
  const idle = present
    .filter(({ metadata }) => metadata?.name !== name && !usedNames.has(metadata?.name ?? ""))
    .sort((a, b) => a.revision - b.revision);
  for (const revision of idle.slice(0, Math.max(0, idle.length - (owner.spec?.revisionHistoryLimit ?? 10))))
    await deps.client.deleteIfPresent(ctx, controllerRevisions, keyOf(revision));
}

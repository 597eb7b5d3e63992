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

export interface RevisionPlan {
  /** What the newest revision needs. */
  readonly newest:
    | { readonly do: "create"; readonly revision: number }
    | { readonly do: "renumber"; readonly found: ControllerRevision; readonly revision: number }
    | { readonly do: "keep" };
  readonly remove: readonly ControllerRevision[];
}

/**
 * An old template that is used again becomes the newest revision. The oldest go beyond the limit (default 10), but for
 * those that are used.
 */
export function planRevision(
  name: string,
  present: readonly ControllerRevision[],
  usedNames: ReadonlySet<string>,
  limit = 10,
): RevisionPlan {
  const idle = present
    .filter(({ metadata }) => metadata?.name !== name && !usedNames.has(metadata?.name ?? ""))
    .sort((a, b) => a.revision - b.revision);
  const remove = idle.slice(0, Math.max(0, idle.length - limit));
  const last = Math.max(0, ...present.map(({ revision }) => revision));
  const found = present.find(({ metadata }) => metadata?.name === name);
  if (found === undefined) return { newest: { do: "create", revision: last + 1 }, remove };
  const newest: RevisionPlan["newest"] =
    found.revision === last ? { do: "keep" } : { do: "renumber", found, revision: last + 1 };
  return { newest, remove };
}

/** Makes `<owner>-<hash>` the newest revision, and removes the oldest beyond the limit that no pod is of. */
export async function ensureRevision(
  ctx: Context,
  deps: Deps,
  owner: Revised,
  hash: string,
  usedNames: ReadonlySet<string>,
): Promise<void> {
  const present = deps.informers
    .for(controllerRevisions)
    .store.indexBy(controllerUid)
    .get(owner.metadata?.uid ?? "");
  const name = `${owner.metadata?.name}-${hash}`;
  const { newest, remove } = planRevision(name, present, usedNames, owner.spec?.revisionHistoryLimit);
  if (newest.do === "renumber")
    await deps.client.patch(ctx, controllerRevisions, keyOf(newest.found), "merge", { revision: newest.revision });
  if (newest.do === "create") await create(ctx, deps, forgeRevision(owner, hash, newest.revision));
  for (const revision of remove) await deps.client.deleteIfPresent(ctx, controllerRevisions, keyOf(revision));
}

async function create(ctx: Context, deps: Deps, revision: ControllerRevision): Promise<void> {
  try {
    await deps.client.create(ctx, controllerRevisions, revision);
  } catch (error) {
    // The cache is behind.
    if (!isAlreadyExists(error)) throw error;
  }
}

function forgeRevision(owner: Revised, hash: string, revision: number): ControllerRevision {
  const { name = "", namespace = "default", annotations } = owner.metadata ?? {};
  const template = owner.spec?.template ?? {};
  const { [SKIPPED]: _skipped, ...kept } = annotations ?? {};
  return {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, ...Object.fromEntries(HASH_LABELS.map((label) => [label, hash])) },
      annotations: kept,
      ownerReferences: [controllerReference(owner)],
    },
    data: { spec: { template: { ...template, $patch: "replace" } } },
    revision,
  };
}

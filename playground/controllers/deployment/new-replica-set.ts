/**
 * The ReplicaSet of a Deployment's present template, its revision and annotations, and which old sets are too many.
 * Kubernetes: pkg/controller/deployment/sync.go (getNewReplicaSet, cleanupDeployment), util/deployment_util.go
 */
import type { Deployment, ReplicaSet } from "kubernetes-types/apps/v1";
import { controllerReference } from "#machinery/meta.ts";
import { shortHash } from "../pods.ts";
import { limits, sum } from "./rollout.ts";

export const REVISION = "deployment.kubernetes.io/revision";
const HASH = "pod-template-hash";
const NOT_COPIED = ["kubectl.kubernetes.io/last-applied-configuration", REVISION, "deprecated.deployment.rollback.to"];

export type NewReplicaSetPlan =
  | { readonly do: "create"; readonly set: ReplicaSet; readonly revision: string }
  | {
      readonly do: "annotate";
      readonly set: ReplicaSet;
      readonly annotations: Readonly<Record<string, string>>;
      readonly revision: string;
    }
  | { readonly do: "keep"; readonly set: ReplicaSet; readonly revision: string }
  /** It is paused: nothing is begun or numbered. */
  | { readonly do: "pause"; readonly set: ReplicaSet | undefined };

export function planNewReplicaSet(deployment: Deployment, owned: readonly ReplicaSet[]): NewReplicaSetPlan {
  const hash = shortHash([deployment.spec?.template, deployment.status?.collisionCount ?? 0]);
  const set = owned.find(({ metadata }) => metadata?.labels?.[HASH] === hash);
  if (deployment.spec?.paused === true) return { do: "pause", set };
  const old = owned.filter((each) => each !== set);
  const newest = Math.max(0, ...old.map(revisionOf));
  // A roll-back makes an old set the newest revision.
  const revision = String(set !== undefined && revisionOf(set) > newest ? revisionOf(set) : newest + 1);
  const annotations = annotationsOf(deployment, revision);
  if (set === undefined) return { do: "create", set: forgeReplicaSet(deployment, old, hash, annotations), revision };
  // After a roll-back the Deployment carries the annotations of the set it came from, the set keeps its own.
  const isStale = Object.entries(annotations).some(([key, value]) => set.metadata?.annotations?.[key] !== value);
  return isStale ? { do: "annotate", set, annotations, revision } : { do: "keep", set, revision };
}

/** Empty sets beyond `revisionHistoryLimit`, the oldest revisions. */
export function surplusReplicaSets(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const idle = old.filter((set) => (set.spec?.replicas ?? 0) === 0 && (set.status?.replicas ?? 0) === 0);
  const surplus = Math.max(0, idle.length - (deployment.spec?.revisionHistoryLimit ?? 10));
  return idle.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus);
}

function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata?.annotations?.[REVISION] ?? 0);
}

/** What annotates the Deployment (the cause of the change) annotates the set too. */
function annotationsOf(deployment: Deployment, revision: string): Record<string, string> {
  const copied = Object.entries(deployment.metadata?.annotations ?? {}).filter(([key]) => !NOT_COPIED.includes(key));
  const replicas = deployment.spec?.replicas ?? 1;
  return {
    ...Object.fromEntries(copied),
    "deployment.kubernetes.io/desired-replicas": String(replicas),
    "deployment.kubernetes.io/max-replicas": String(replicas + limits(deployment).maxSurge),
    [REVISION]: revision,
  };
}

function forgeReplicaSet(
  deployment: Deployment,
  old: readonly ReplicaSet[],
  hash: string,
  annotations: Record<string, string>,
): ReplicaSet {
  const { spec, metadata } = deployment;
  const template = spec?.template ?? {};
  const labels = { ...template.metadata?.labels, [HASH]: hash };
  return {
    metadata: {
      name: `${metadata?.name}-${hash}`,
      namespace: metadata?.namespace ?? "default",
      labels,
      annotations,
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: firstReplicas(deployment, old),
      minReadySeconds: spec?.minReadySeconds ?? 0,
      selector: { ...spec?.selector, matchLabels: { ...spec?.selector.matchLabels, [HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** As many as there is room for beside the old ones; with Recreate none while there are old ones. */
function firstReplicas(deployment: Deployment, old: readonly ReplicaSet[]): number {
  const wanted = deployment.spec?.replicas ?? 1;
  const total = sum(old, ({ spec }) => spec?.replicas ?? 0);
  if (deployment.spec?.strategy?.type === "Recreate") return total === 0 ? wanted : 0;
  return Math.min(wanted, Math.max(0, wanted + limits(deployment).maxSurge - total));
}

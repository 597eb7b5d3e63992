/** Which pods of a ReplicaSet are missing or too many. Kubernetes: pkg/controller/replicaset/replica_set.go (manageReplicas) */
import type { ReplicaSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { controllerOf } from "#machinery/meta.ts";
import { isActive } from "#machinery/pod.ts";
import { selects } from "#machinery/selector.ts";
import { byDeletionCost } from "../pods.ts";

// Kubernetes: BurstReplicas
const BURST = 500;

export interface ReplicaPlan {
  /** How many pods to make. */
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** `owned`: active pods of the set. At most 500 are made or removed at once. */
export function planReplicas(set: ReplicaSet, owned: readonly Pod[]): ReplicaPlan {
  const missing = (set.spec?.replicas ?? 1) - owned.length;
  if (missing >= 0) return { create: set.spec?.template === undefined ? 0 : Math.min(missing, BURST), remove: [] };
  return { create: 0, remove: [...owned].sort(byDeletionCost).slice(0, Math.min(-missing, BURST)) };
}

/** Whether a pod without controller is to become the set's. */
export function adopts(set: ReplicaSet, pod: Pod): boolean {
  return (
    controllerOf(pod) === undefined &&
    pod.metadata?.namespace === set.metadata?.namespace &&
    isActive(pod) &&
    selects(set.spec?.selector, pod.metadata?.labels)
  );
}

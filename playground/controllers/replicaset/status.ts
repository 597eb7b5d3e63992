/** The status of a ReplicaSet. Kubernetes: pkg/controller/replicaset/replica_set_utils.go (calculateStatus) */
import type { ReplicaSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isAvailable, isReady } from "#machinery/pod.ts";
import { selects } from "#machinery/selector.ts";

export interface ReplicaCounts {
  readonly replicas: number;
  readonly fullyLabeledReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly observedGeneration: number;
}

export function replicaSetStatus(set: ReplicaSet, owned: readonly Pod[], nowMs: number): ReplicaCounts {
  const { template, minReadySeconds = 0 } = set.spec ?? {};
  const templateLabels = { matchLabels: { ...template?.metadata?.labels } };
  return {
    replicas: owned.length,
    fullyLabeledReplicas: owned.filter((pod) => selects(templateLabels, pod.metadata?.labels)).length,
    readyReplicas: owned.filter(isReady).length,
    availableReplicas: owned.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
    observedGeneration: set.metadata?.generation ?? 0,
  };
}

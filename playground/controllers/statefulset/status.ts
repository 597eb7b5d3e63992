/** The status of a StatefulSet. Kubernetes: pkg/controller/statefulset/stateful_set_utils.go (completeRollingUpdate) */
import type { StatefulSet, StatefulSetStatus } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isReady, isTerminal } from "#machinery/pod.ts";
import { revisionOf, revisionOfPod } from "./plan.ts";

export function statefulStatus(set: StatefulSet, owned: readonly Pod[]): StatefulSetStatus {
  const revision = revisionOf(set);
  const present = owned.filter((pod) => !isTerminal(pod));
  const ready = present.filter(isReady).length;
  const updated = present.filter((pod) => revisionOfPod(pod) === revision).length;
  const before = set.status?.currentRevision ?? revision;
  const { replicas = 1, updateStrategy } = set.spec ?? {};
  // A roll-out is over when every pod is of it and ready; then it is what pods below a partition are made of.
  const isRolled = updateStrategy?.type !== "OnDelete" && updated === replicas && ready === replicas;
  const currentRevision = isRolled ? revision : before;
  return {
    observedGeneration: set.metadata?.generation ?? 0,
    replicas: present.length,
    readyReplicas: ready,
    availableReplicas: ready,
    currentReplicas: present.filter((pod) => revisionOfPod(pod) === currentRevision).length,
    updatedReplicas: updated,
    currentRevision,
    updateRevision: revision,
    collisionCount: 0,
  };
}

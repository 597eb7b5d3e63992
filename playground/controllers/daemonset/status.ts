/** The status of a DaemonSet. Kubernetes: pkg/controller/daemon/daemon_controller.go (updateDaemonSetStatus) */
import type { DaemonSet, DaemonSetStatus } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isAvailable, isReady, isTerminating } from "#machinery/pod.ts";
import { HASH, targetNode, templateHash } from "./plan.ts";

/** `eligible`: the names of the nodes that should have a pod. */
export function daemonSetStatus(
  set: DaemonSet,
  eligible: readonly string[],
  owned: readonly Pod[],
  nowMs: number,
): DaemonSetStatus {
  const live = owned.filter((pod) => !isTerminating(pod));
  const placed = live.filter((pod) => eligible.includes(targetNode(pod)));
  const hash = templateHash(set);
  const numberAvailable = placed.filter((pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)).length;
  const numberUnavailable = eligible.length - numberAvailable;
  return {
    currentNumberScheduled: placed.length,
    numberMisscheduled: live.length - placed.length,
    desiredNumberScheduled: eligible.length,
    numberReady: placed.filter(isReady).length,
    observedGeneration: set.metadata?.generation ?? 0,
    updatedNumberScheduled: placed.filter((pod) => pod.metadata?.labels?.[HASH] === hash).length,
    ...(numberAvailable > 0 && { numberAvailable }),
    ...(numberUnavailable > 0 && { numberUnavailable }),
  };
}

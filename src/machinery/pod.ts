/** Questions everybody asks about pods. Kubernetes: pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go */
import type { Pod, PodSpec } from "kubernetes-types/core/v1";
import { findCondition, isConditionTrue } from "./conditions.ts";
import { addResources, maxResources } from "./quantity.ts";

export function isReady(pod: Pod): boolean {
  return isConditionTrue(pod.status?.conditions, "Ready");
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  if (!isReady(pod)) return false;
  const since = findCondition(pod.status?.conditions, "Ready")?.lastTransitionTime;
  return minReadySeconds === 0 || (since !== undefined && Date.parse(since) + minReadySeconds * 1000 <= nowMs);
}

export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

/** Neither finished nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && !isTerminating(pod);
}

/**
 * What the pod asks of a node: containers summed, at least as much as any init container needs while the sidecars
 * started before it run. Kubernetes: component-helpers/resource/helpers.go (PodRequests)
 */
export function podRequests(spec: PodSpec | undefined): Record<string, string> {
  let sidecars: Record<string, string> = {};
  let initPeak: Record<string, string> = {};
  for (const container of spec?.initContainers ?? []) {
    const requests = container.resources?.requests;
    if (container.restartPolicy === "Always") {
      sidecars = addResources(sidecars, requests);
      initPeak = maxResources(initPeak, sidecars);
    } else initPeak = maxResources(initPeak, addResources(sidecars, requests));
  }
  const running = addResources(sidecars, ...(spec?.containers ?? []).map(({ resources }) => resources?.requests));
  return addResources(maxResources(running, initPeak), spec?.overhead);
}

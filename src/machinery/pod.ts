/** Questions everybody asks about pods. Kubernetes: pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go */
import type { Pod, PodSpec, ResourceRequirements } from "kubernetes-types/core/v1";
import { findCondition, isConditionTrue } from "./conditions.ts";
import { addResources, maxResources } from "./quantity.ts";

/** Beta and on since Kubernetes 1.34, and not in the published types yet. */
export interface SizedPodSpec extends PodSpec {
  resources?: ResourceRequirements;
}

/** The name of its node, for an index by node; none while it has no node. */
export function nodeNameOf({ spec }: Pod): readonly string[] {
  return spec?.nodeName === undefined || spec.nodeName === "" ? [] : [spec.nodeName];
}

export function isReady(pod: Pod): boolean {
  return isConditionTrue(pod.status?.conditions, "Ready");
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  if (!isReady(pod)) return false;
  const since = findCondition(pod.status?.conditions, "Ready")?.lastTransitionTime;
  return minReadySeconds === 0 || (since !== undefined && Date.parse(since) + minReadySeconds * 1000 <= nowMs);
}

/** Whether it has finished, which is for good; asked of ShadowPods, too. */
export function isTerminal({ status }: { readonly status?: { readonly phase?: string } }): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
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
 * started before it run, and at least as much as the pod as a whole asks for. Kubernetes: component-helpers/resource/helpers.go (PodRequests)
 */
export function podRequests(spec: SizedPodSpec | undefined): Record<string, string> {
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
  const ofPod = Object.entries(spec?.resources?.requests ?? {}).filter(([name]) => isPodLevelResource(name));
  // Kubernetes takes the pod's own, which it has seen to be at least what its containers ask for.
  return addResources(maxResources(running, initPeak, Object.fromEntries(ofPod)), spec?.overhead);
}

/** Whether a pod as a whole may ask for it. Kubernetes: component-helpers/resource/helpers.go (IsSupportedPodLevelResource) */
function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

/** What the plugins for pods have in common: when they apply, and the pod of a request. */
import type { Container, Pod } from "kubernetes-types/core/v1";
import type { AdmissionRequest } from "../request.ts";

export function isPodCreation(request: AdmissionRequest): boolean {
  return request.operation === "CREATE" && isPodRequest(request);
}

export function isPodRequest({ resource, subresource }: AdmissionRequest): boolean {
  return resource.group === "" && resource.plural === "pods" && subresource === "";
}

/** The object of a request that isPodRequest holds for. */
export function podOf(request: AdmissionRequest): Pod {
  return request.object as Pod;
}

/** A static pod that the kubelet shows; it runs already and is not to be changed. */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata?.annotations?.["kubernetes.io/config.mirror"] !== undefined;
}

export function startedContainersOf(pod: Pod): Container[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
}

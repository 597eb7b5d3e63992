/** How the status of a pod at home is written, by whoever stands in for its kubelet. */
import type { Pod, PodStatus } from "kubernetes-types/core/v1";

/**
 * A merge patch for the status subresource that replaces the status that was seen. Labels go with it: the API server takes
 * them from whoever may write a pod's status, and a write of their own would be one more version of the pod for all that
 * watch it. Conditions are replaced with the rest, so that where others set some of them, the readiness gates, only the
 * version that was seen is written over.
 */
export function forgeStatusPatch(
  pod: Pod,
  status: PodStatus,
  labels: Readonly<Record<string, string>> = {},
): { readonly metadata: object; readonly status: object } {
  const gone = Object.fromEntries(Object.keys(pod.status ?? {}).map((field) => [field, null]));
  const { uid, resourceVersion } = pod.metadata ?? {};
  const isShared = (pod.spec?.readinessGates ?? []).length > 0 && resourceVersion !== undefined;
  return { metadata: { uid, ...(isShared && { resourceVersion }), labels }, status: { ...gone, ...status } };
}

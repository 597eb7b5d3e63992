/** How the status of a pod at home is written, by whoever stands in for its kubelet. */
import type { Pod, PodStatus } from "kubernetes-types/core/v1";

/**
 * A merge patch for the status subresource that replaces the status that was seen. Labels go with it: the API server takes
 * them from whoever may write a pod's status, and a write of their own would be one more version of the pod for all that
 * watch it.
 */
export function forgeStatusPatch(
  pod: Pod,
  status: PodStatus,
  labels: Readonly<Record<string, string>> = {},
): { readonly metadata: object; readonly status: object } {
  const gone = Object.fromEntries(Object.keys(pod.status ?? {}).map((field) => [field, null]));
  return { metadata: { uid: pod.metadata?.uid, labels }, status: { ...gone, ...status } };
}

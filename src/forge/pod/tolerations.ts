/** Of any pod tolerations only grow, on both sides of an offloading. Kubernetes: pkg/apis/core/validation (ValidateTolerations of updates) */
import { isDeepStrictEqual } from "node:util";
import type { PodSpec, Toleration } from "kubernetes-types/core/v1";

/** What `present` has, and what `wanted` has besides; undefined when that is nothing. */
export function grownTolerations(present: PodSpec, wanted: PodSpec): Toleration[] | undefined {
  const own = present.tolerations ?? [];
  const added = (wanted.tolerations ?? []).filter((each) => !own.some((other) => isDeepStrictEqual(each, other)));
  return added.length > 0 ? [...own, ...added] : undefined;
}

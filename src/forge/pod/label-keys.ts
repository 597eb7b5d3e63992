/**
 * What `matchLabelKeys` has become: the API server of the consumer has written the pod's own labels into the selector, and
 * the provider's would refuse to do it a second time. Kubernetes: pkg/registry/core/pod/strategy.go (applyLabelKeysToLabelSelector)
 */
import type { LabelSelector } from "kubernetes-types/meta/v1";

interface Selecting {
  readonly labelSelector?: LabelSelector;
  readonly matchLabelKeys?: string[];
  readonly mismatchLabelKeys?: string[];
}

/** Without the keys that the selector already holds; a server before 1.34 leaves them to the scheduler. */
export function withoutMergedKeys<T extends Selecting>(term: T): T {
  const merged = new Set((term.labelSelector?.matchExpressions ?? []).map(({ key }) => key));
  const { matchLabelKeys, mismatchLabelKeys, ...rest } = term;
  const left = (keys: string[] | undefined): string[] => (keys ?? []).filter((key) => !merged.has(key));
  const [match, mismatch] = [left(matchLabelKeys), left(mismatchLabelKeys)];
  return {
    ...rest,
    ...(match.length > 0 && { matchLabelKeys: match }),
    ...(mismatch.length > 0 && { mismatchLabelKeys: mismatch }),
  } as T;
}

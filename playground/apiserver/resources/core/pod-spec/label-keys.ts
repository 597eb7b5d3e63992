/** matchLabelKeys and mismatchLabelKeys of a new pod become part of its selectors. Kubernetes: pkg/registry/core/pod/strategy.go (mutatePodAffinity, mutateTopologySpreadConstraints) */
import type { Pod, PodAffinityTerm } from "kubernetes-types/core/v1";
import type { LabelSelector } from "kubernetes-types/meta/v1";
import { type FieldError, forbidden, invalid } from "#machinery/field-error.ts";

interface Selecting {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

export function applyLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata?.labels ?? {};
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms: PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ]);
  for (const term of [...terms, ...(spec?.topologySpreadConstraints ?? [])]) apply(term, labels);
}

function apply(term: Selecting, labels: Readonly<Record<string, string>>): void {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  // One that selects nothing goes on selecting nothing.
  if (labelSelector === undefined) return;
  for (const [operator, keys] of [
    ["In", matchLabelKeys],
    ["NotIn", mismatchLabelKeys],
  ] as const) {
    for (const key of keys) {
      const value = labels[key];
      if (value === undefined) continue;
      const expression = { key, operator, values: [value] };
      labelSelector.matchExpressions = [...(labelSelector.matchExpressions ?? []), expression];
    }
  }
}

/** The server has applied them: a key that is there twice was there before. */
export function validateLabelKeys({ labelSelector, matchLabelKeys = [] }: Selecting, path: string): FieldError[] {
  if (matchLabelKeys.length > 0 && labelSelector === undefined)
    return [forbidden(`${path}.matchLabelKeys`, "must not be specified when labelSelector is not set")];
  const seen = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  const errors: FieldError[] = [];
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.indexOf(key);
    if (index >= 0 && seen.has(key))
      errors.push(invalid(`${path}[${index}]`, key, "exists in both matchLabelKeys and labelSelector"));
    seen.add(key);
  }
  return errors;
}

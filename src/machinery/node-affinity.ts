/** Node selectors and required node affinity. Kubernetes: component-helpers/scheduling/corev1/nodeaffinity */
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from "kubernetes-types/core/v1";
import { type LabelOperator, matchesLabels, selectsMap } from "./selector.ts";

/** Whether a node may run a pod as far as nodeSelector and required node affinity are concerned. */
export function matchesRequiredAffinity(spec: PodSpec | undefined, node: Node): boolean {
  if (!selectsMap(spec?.nodeSelector ?? {}, node.metadata?.labels)) return false;
  const required = spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Terms are ORed; a selector without terms matches nothing. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

/** Requirements of a term are ANDed; an empty term matches nothing. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    matchesLabels(expressions.map(requirement), node.metadata?.labels) &&
    matchesLabels(fields.map(requirement), { "metadata.name": node.metadata?.name ?? "" })
  );
}

function requirement({ key, operator, values }: NodeSelectorRequirement): {
  key: string;
  operator: LabelOperator;
  values: readonly string[];
} {
  return { key, operator: operator as LabelOperator, values: values ?? [] };
}

/** Placement relative to other pods. Kubernetes: pkg/scheduler/framework/plugins/{interpodaffinity,podtopologyspread} */
import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from "kubernetes-types/core/v1";
import { matchesRequiredAffinity } from "#machinery/node-affinity.ts";
import { selects } from "#machinery/selector.ts";
import type { ClusterState, NodeState } from "../cluster-state.ts";
import { type Plugin, reject } from "../plugin.ts";

export const interPodAffinity: Plugin = {
  name: "InterPodAffinity",
  weight: 2,
  filter: (pod, node, state) => {
    const affinity = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    if (!affinity.every((term) => hasMatch(term, pod, node, state) || isFirstOfItsKind(term, pod, state))) {
      return reject("node(s) didn't match pod affinity rules");
    }
    const anti = pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    if (anti.some((term) => hasMatch(term, pod, node, state)))
      return reject("node(s) didn't match pod anti-affinity rules", true);
    if (isShunned(pod, node, state)) return reject("node(s) didn't satisfy existing pods anti-affinity rules", true);
    return undefined;
  },
  score: (pod, node, state) => {
    const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {};
    const sum = (terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] | undefined): number =>
      (terms ?? []).reduce(
        (total, { weight, podAffinityTerm }) => total + weight * matches(podAffinityTerm, pod, node, state).length,
        0,
      );
    return (
      sum(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution) -
      sum(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution)
    );
  },
};

export const podTopologySpread: Plugin = {
  name: "PodTopologySpread",
  weight: 2,
  reverse: true,
  filter: (pod, node, state) => {
    for (const constraint of pod.spec?.topologySpreadConstraints ?? []) {
      if (constraint.whenUnsatisfiable !== "DoNotSchedule") continue;
      const domain = node.node.metadata?.labels?.[constraint.topologyKey];
      if (domain === undefined)
        return reject("node(s) didn't match pod topology spread constraints (missing required label)");
      const counts = domainCounts(constraint, pod, state);
      const own = selects(constraint.labelSelector, pod.metadata?.labels) ? 1 : 0;
      const isSkewed = (counts.get(domain) ?? 0) + own - Math.min(...counts.values()) > constraint.maxSkew;
      if (isSkewed) return reject("node(s) didn't match pod topology spread constraints", true);
    }
    return undefined;
  },
  score: (pod, node, state) => {
    const soft = (pod.spec?.topologySpreadConstraints ?? []).filter((c) => c.whenUnsatisfiable === "ScheduleAnyway");
    return soft.reduce((sum, constraint) => {
      const domain = node.node.metadata?.labels?.[constraint.topologyKey];
      return domain === undefined ? sum : sum + (domainCounts(constraint, pod, state).get(domain) ?? 0);
    }, 0);
  },
};

/** Matching pods per topology domain, over the nodes the pod could go to. */
function domainCounts(constraint: TopologySpreadConstraint, pod: Pod, state: ClusterState): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { node, pods } of state.nodes) {
    const domain = node.metadata?.labels?.[constraint.topologyKey];
    if (domain === undefined || !matchesRequiredAffinity(pod.spec, node)) continue;
    const matching = pods.filter(
      (other) =>
        other.metadata?.namespace === pod.metadata?.namespace &&
        other.metadata?.deletionTimestamp === undefined &&
        selects(constraint.labelSelector, other.metadata?.labels),
    );
    counts.set(domain, (counts.get(domain) ?? 0) + matching.length);
  }
  return counts;
}

function hasMatch(term: PodAffinityTerm, pod: Pod, node: NodeState, state: ClusterState): boolean {
  return matches(term, pod, node, state).length > 0;
}

/** Pods of the term's kind in the node's domain. */
function matches(term: PodAffinityTerm, pod: Pod, node: NodeState, state: ClusterState): Pod[] {
  const domain = node.node.metadata?.labels?.[term.topologyKey];
  if (domain === undefined) return [];
  return state.nodes
    .filter((other) => other.node.metadata?.labels?.[term.topologyKey] === domain)
    .flatMap(({ pods }) => pods.filter((other) => isMeant(term, pod, other)));
}

function isMeant(term: PodAffinityTerm, owner: Pod, other: Pod): boolean {
  const own = owner.metadata?.namespace ?? "";
  const everywhere = term.namespaceSelector !== undefined && Object.keys(term.namespaceSelector).length === 0;
  const namespaces = (term.namespaces ?? []).length > 0 ? (term.namespaces ?? []) : [own];
  const inNamespace = everywhere || namespaces.includes(other.metadata?.namespace ?? "");
  return inNamespace && selects(term.labelSelector, other.metadata?.labels);
}

/** The first pod of a group that wants to be together may go anywhere. */
function isFirstOfItsKind(term: PodAffinityTerm, pod: Pod, state: ClusterState): boolean {
  return isMeant(term, pod, pod) && !state.nodes.some(({ pods }) => pods.some((other) => isMeant(term, pod, other)));
}

/** Whether a pod already there refuses company such as this pod. */
function isShunned(pod: Pod, node: NodeState, state: ClusterState): boolean {
  return state.nodes.some(({ node: other, pods }) =>
    pods.some((present) =>
      (present.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some((term) => {
        const domain = other.metadata?.labels?.[term.topologyKey];
        return (
          domain !== undefined &&
          node.node.metadata?.labels?.[term.topologyKey] === domain &&
          isMeant(term, present, pod)
        );
      }),
    ),
  );
}

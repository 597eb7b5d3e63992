/** Company that pods want or refuse. Kubernetes: pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring}.go */
import type { Pod, PodAffinityTerm } from "kubernetes-types/core/v1";
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
  return state.nodes.some(({ node: other, podsWithAntiAffinity }) =>
    podsWithAntiAffinity.some((present) =>
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

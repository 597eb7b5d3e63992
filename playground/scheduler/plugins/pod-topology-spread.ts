/** Pods spread over zones or nodes. Kubernetes: pkg/scheduler/framework/plugins/podtopologyspread/{filtering,scoring}.go */
import type { Pod, TopologySpreadConstraint } from "kubernetes-types/core/v1";
import { matchesRequiredAffinity } from "#machinery/node-affinity.ts";
import { selects } from "#machinery/selector.ts";
import type { ClusterState } from "../cluster-state.ts";
import { type Plugin, reject } from "../plugin.ts";

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

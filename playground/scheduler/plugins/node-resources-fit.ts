/** Room on the node. Kubernetes: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated}.go */
import type { Pod } from "kubernetes-types/core/v1";
import { type NodeState, requestsOf } from "../cluster-state.ts";
import type { Plugin } from "../plugin.ts";
import { SCORED_RESOURCES, shareWith } from "./node-resources.ts";

export const nodeResourcesFit: Plugin = {
  name: "NodeResourcesFit",
  absolute: true,
  filter: (pod, node) => {
    const reasons: string[] = [];
    // What exceeds the whole node fits no better when other pods go.
    let resolvable = true;
    if ((node.requested.get("pods") ?? 0n) + 1000n > (node.allocatable.get("pods") ?? 0n))
      reasons.push("Too many pods");
    for (const [name, milli] of requestsOf(pod)) {
      if (milli === 0n) continue;
      const allocatable = node.allocatable.get(name) ?? 0n;
      if (milli <= allocatable - (node.requested.get(name) ?? 0n)) continue;
      reasons.push(`Insufficient ${name}`);
      if (milli > allocatable) resolvable = false;
    }
    return reasons.length === 0 ? undefined : { reasons, resolvable };
  },
  score: leastAllocated,
};

/** The mean free share of cpu and memory after placing the pod, 0…100. */
function leastAllocated(pod: Pod, node: NodeState): number {
  const free = SCORED_RESOURCES.map((name) => Math.max(0, 1 - shareWith(pod, node, name)));
  return (free.reduce((sum, value) => sum + value, 0) / free.length) * 100;
}

/** Room on the node. Kubernetes: pkg/scheduler/framework/plugins/noderesources (fit.go, least_allocated.go, balanced_allocation.go) */
import type { Pod } from "kubernetes-types/core/v1";
import { type NodeState, requestsOf } from "../cluster-state.ts";
import type { Plugin } from "../plugin.ts";

// Kubernetes: a pod without requests counts this much when scoring (DefaultMilliCPURequest, DefaultMemoryRequest).
const DEFAULT_MILLI: Readonly<Record<string, bigint>> = { cpu: 100n, memory: 200n * 1024n * 1024n * 1000n };

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

export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  absolute: true,
  score: (pod, node) => {
    const shares = ["cpu", "memory"].map((name) => share(pod, node, name)).map((value) => Math.min(1, value));
    const mean = shares.reduce((sum, value) => sum + value, 0) / shares.length;
    const deviation = Math.sqrt(shares.reduce((sum, value) => sum + (value - mean) ** 2, 0) / shares.length);
    return (1 - deviation) * 100;
  },
};

/** The mean free share of cpu and memory after placing the pod, 0…100. */
function leastAllocated(pod: Pod, node: NodeState): number {
  const free = ["cpu", "memory"].map((name) => Math.max(0, 1 - share(pod, node, name)));
  return (free.reduce((sum, value) => sum + value, 0) / free.length) * 100;
}

function share(pod: Pod, node: NodeState, name: string): number {
  const allocatable = node.allocatable.get(name) ?? 0n;
  if (allocatable === 0n) return 1;
  const own = requestsOf(pod).get(name) ?? 0n;
  const wanted = own === 0n ? (DEFAULT_MILLI[name] ?? 0n) : own;
  return Number((node.requested.get(name) ?? 0n) + wanted) / Number(allocatable);
}

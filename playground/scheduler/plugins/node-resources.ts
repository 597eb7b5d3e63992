/** What share of a node a pod would leave taken. Kubernetes: pkg/scheduler/framework/plugins/noderesources/resource_allocation.go */
import type { Pod } from "kubernetes-types/core/v1";
import { type NodeState, requestsOf } from "../cluster-state.ts";

/** What the scores look at. */
export const SCORED_RESOURCES = ["cpu", "memory"] as const;

// Kubernetes: a pod without requests counts this much when scoring (DefaultMilliCPURequest, DefaultMemoryRequest).
const DEFAULT_MILLI: Readonly<Record<string, bigint>> = { cpu: 100n, memory: 200n * 1024n * 1024n * 1000n };

/** Taken of the node's `name` with the pod on it: 0.5 for half, over 1 when there is not enough. */
export function shareWith(pod: Pod, node: NodeState, name: string): number {
  const allocatable = node.allocatable.get(name) ?? 0n;
  if (allocatable === 0n) return 1;
  const own = requestsOf(pod).get(name) ?? 0n;
  const wanted = own === 0n ? (DEFAULT_MILLI[name] ?? 0n) : own;
  return Number((node.requested.get(name) ?? 0n) + wanted) / Number(allocatable);
}

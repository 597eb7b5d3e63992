/**
 * Why a pod fits nowhere, as the event and the condition say it.
 * Kubernetes: pkg/scheduler/framework/types.go (FitError), framework/preemption/preemption.go
 */
import type { Pod } from "kubernetes-types/core/v1";
import { type ClusterState, type NodeState, nodeState } from "./cluster-state.ts";
import { firstRejection, type Plugin, type Rejection } from "./plugin.ts";

// Kubernetes: schedule_one.go (ErrNoNodesAvailable)
export const NO_NODES = "no nodes available to schedule pods";
// The plugin of dynamic resources has its say whenever a pod fits nowhere.
const NO_CLAIMS = "no new claims to deallocate";

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had …`; an obstacle stands alone, without a count. */
export function fitError(total: number, reasons: readonly string[] | string, postFilter?: string): string {
  const text = typeof reasons === "string" ? reasons : histogram(reasons);
  return `0/${total} nodes are available: ${text}.${postFilter === undefined ? "" : ` ${postFilter}`}`;
}

/** Each reason once, with its count; sorted as text, so that 10 comes before 2. */
function histogram(reasons: readonly string[]): string {
  const counts = Map.groupBy(reasons, (reason) => reason);
  return [...counts]
    .map(([reason, same]) => `${same.length} ${reason}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join(", ");
}

/**
 * What is said of preemption. Nothing is pushed out here: where Kubernetes would have found victims there is nothing true
 * to say, and undefined is returned. `rejections` are those of all nodes, none of an obstacle that concerns all alike.
 */
export function explainPreemption(
  pod: Pod,
  state: ClusterState,
  plugins: readonly Plugin[],
  rejections: ReadonlyMap<NodeState, Rejection>,
): string | undefined {
  if (pod.spec?.preemptionPolicy === "Never")
    return `${NO_CLAIMS}, preemption: not eligible due to preemptionPolicy=Never.`;
  const reasons: string[] = [];
  for (const node of state.nodes) {
    if (rejections.get(node)?.resolvable !== true) reasons.push("Preemption is not helpful for scheduling");
    else {
      const left = reasonsWithoutVictims(pod, node, state, plugins);
      if (left.length === 0) return undefined;
      reasons.push(...left);
    }
  }
  return `${NO_CLAIMS}, preemption: ${fitError(state.nodes.length, reasons)}`;
}

/** Why the pod would not fit even if all pods of lower priority were gone from the node; none if it would. */
function reasonsWithoutVictims(
  pod: Pod,
  node: NodeState,
  state: ClusterState,
  plugins: readonly Plugin[],
): readonly string[] {
  const priority = pod.spec?.priority ?? 0;
  const kept = node.pods.filter((other) => (other.spec?.priority ?? 0) >= priority);
  if (kept.length === node.pods.length) return ["No preemption victims found for incoming pod"];
  const emptied = nodeState(node.node, kept);
  const after = { ...state, nodes: state.nodes.map((other) => (other === node ? emptied : other)) };
  return firstRejection(pod, emptied, after, plugins)?.reasons ?? [];
}

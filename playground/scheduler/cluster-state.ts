/**
 * The scheduler's picture of the cluster: nodes and the pods on them, with pods it has bound but not seen bound yet
 * counted where it put them. Kubernetes: pkg/scheduler/backend/cache/cache.go (assumed pods)
 */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { isTerminal, podRequests } from "#machinery/pod.ts";
import { milliOf } from "#machinery/quantity.ts";
import type { StorageState } from "./storage-state.ts";

export interface NodeState {
  readonly node: Node;
  readonly pods: readonly Pod[];
  /** Thousandths by resource name. */
  readonly allocatable: ReadonlyMap<string, bigint>;
  readonly requested: ReadonlyMap<string, bigint>;
}

export interface ClusterState {
  readonly nodes: readonly NodeState[];
  readonly storage: StorageState;
}

/** Builds the state from what the informers show plus assumed pods (uid → node name). */
export function buildState(
  nodes: readonly Node[],
  pods: readonly Pod[],
  assumed: ReadonlyMap<string, string>,
  storage: StorageState,
): ClusterState {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (isTerminal(pod)) continue;
    const name = (pod.spec?.nodeName ?? "") !== "" ? pod.spec?.nodeName : assumed.get(pod.metadata?.uid ?? "");
    if (name === undefined) continue;
    const list = byNode.get(name);
    if (list === undefined) byNode.set(name, [pod]);
    else list.push(pod);
  }
  return { nodes: nodes.map((node) => nodeState(node, byNode.get(node.metadata?.name ?? "") ?? [])), storage };
}

/** A node with these pods on it, and what they ask for together. */
export function nodeState(node: Node, pods: readonly Pod[]): NodeState {
  const requested = new Map<string, bigint>([["pods", BigInt(pods.length) * 1000n]]);
  for (const pod of pods) {
    for (const [name, milli] of requestsOf(pod)) requested.set(name, (requested.get(name) ?? 0n) + milli);
  }
  const allocatable = new Map(
    Object.entries(node.status?.allocatable ?? {}).map(([name, text]) => [name, milliOf(text)]),
  );
  return { node, pods, allocatable, requested };
}

/** Thousandths by resource name. */
export function requestsOf(pod: Pod): Map<string, bigint> {
  return new Map(Object.entries(podRequests(pod.spec)).map(([name, text]) => [name, milliOf(text)]));
}

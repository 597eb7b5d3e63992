/** What the scheduler decides by: nodes, the pods on them and what these ask for. Kubernetes: pkg/scheduler/framework/types.go (NodeInfo) */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { podRequests } from "#machinery/pod.ts";
import { milliOf } from "#machinery/quantity.ts";
import type { StorageState } from "./storage-state.ts";

export interface NodeState {
  readonly node: Node;
  readonly pods: readonly Pod[];
  /** Those that refuse company: mostly none, and asked about for every pod and node. */
  readonly podsWithAntiAffinity: readonly Pod[];
  /** Thousandths by resource name. */
  readonly allocatable: ReadonlyMap<string, bigint>;
  readonly requested: ReadonlyMap<string, bigint>;
}

export interface ClusterState {
  readonly nodes: readonly NodeState[];
  readonly storage: StorageState;
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
  const podsWithAntiAffinity = pods.filter(
    ({ spec }) => (spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0,
  );
  return { node, pods, podsWithAntiAffinity, allocatable, requested };
}

/** Thousandths by resource name. */
export function requestsOf(pod: Pod): Map<string, bigint> {
  return new Map(Object.entries(podRequests(pod.spec)).map(([name, text]) => [name, milliOf(text)]));
}

/** What a scheduling plugin may do. Kubernetes: pkg/scheduler/framework/interface.go; plugins carry the upstream names. */
import type { Pod } from "kubernetes-types/core/v1";
import type { ClusterState, NodeState } from "./cluster-state.ts";

export interface Rejection {
  /** As in the event: `Insufficient cpu`, `node(s) didn't match Pod's node affinity/selector`. */
  readonly reasons: readonly string[];
  /** Whether evicting pods of lower priority could help. */
  readonly resolvable: boolean;
}

export interface Plugin {
  readonly name: string;
  /** Why no node at all can do, before any is looked at. */
  preFilter?(pod: Pod, state: ClusterState): string | undefined;
  /** Undefined: the node is fine. */
  filter?(pod: Pod, node: NodeState, state: ClusterState): Rejection | undefined;
  /** Any scale; normalised to 0…100 over the candidates unless `absolute`. Higher is better. */
  score?(pod: Pod, node: NodeState, state: ClusterState): number;
  readonly absolute?: boolean;
  /** Lower raw scores are better: normalisation turns them round. */
  readonly reverse?: boolean;
  readonly weight?: number;
}

export function reject(reason: string, resolvable = false): Rejection {
  return { reasons: [reason], resolvable };
}

/** What the first plugin says that does not want the pod on the node: that alone is reported. */
export function firstRejection(
  pod: Pod,
  node: NodeState,
  state: ClusterState,
  plugins: readonly Plugin[],
): Rejection | undefined {
  for (const plugin of plugins) {
    const rejection = plugin.filter?.(pod, node, state);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

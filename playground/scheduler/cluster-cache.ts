/**
 * Keeps the scheduler's picture of the cluster up to date node by node, so that placing one pod does not cost a look at
 * all others. Kubernetes: pkg/scheduler/backend/cache/cache.go (assumed pods, UpdateSnapshot)
 */
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Index, Store } from "#kube/informer/store.ts";
import { isTerminal, nodeNameOf } from "#machinery/pod.ts";
import { type ClusterState, type NodeState, nodeState } from "./cluster-state.ts";
import type { StorageState } from "./storage-state.ts";

interface Assumed {
  readonly pod: Pod;
  readonly nodeName: string;
  /** Whether its binding is under way; otherwise its volumes are waited for. */
  readonly isBinding: boolean;
}

export class ClusterCache {
  readonly #nodes: Store<Node>;
  readonly #podsByNode: Index<Pod>;
  readonly #storage: StorageState;
  /** What has not changed since it was asked for last. */
  readonly #states = new Map<string, NodeState>();
  /** By uid, pods that have a node, but are not seen bound yet. */
  readonly #assumed = new Map<string, Assumed>();

  constructor(nodes: Store<Node>, pods: Store<Pod>, storage: StorageState) {
    this.#nodes = nodes;
    this.#podsByNode = pods.indexBy(nodeNameOf);
    this.#storage = storage;
  }

  /** The pod counts on this node until it is seen bound, or `forget` is called. */
  assume(pod: Pod, nodeName: string): void {
    this.#put(pod, { pod, nodeName, isBinding: true });
  }

  /** The same for a pod that waits for its volumes there, and is to be looked at again. */
  reserve(pod: Pod, nodeName: string): void {
    this.#put(pod, { pod, nodeName, isBinding: false });
  }

  /** Whether its binding is under way. */
  isAssumed(pod: Pod): boolean {
    return this.#assumed.get(uidOf(pod))?.isBinding === true;
  }

  forget(pod: Pod): void {
    const assumed = this.#assumed.get(uidOf(pod));
    if (assumed === undefined) return;
    this.#assumed.delete(uidOf(pod));
    this.#states.delete(assumed.nodeName);
  }

  #put(pod: Pod, assumed: Assumed): void {
    this.forget(pod);
    this.#assumed.set(uidOf(pod), assumed);
    this.#states.delete(assumed.nodeName);
  }

  /** To be called for a pod as it is now, and as it was before. */
  podChanged(pod: Pod): void {
    const [nodeName] = nodeNameOf(pod);
    if (nodeName === undefined) return;
    this.#states.delete(nodeName);
    this.forget(pod);
  }

  nodeChanged({ metadata }: Node): void {
    this.#states.delete(metadata?.name ?? "");
  }

  state(): ClusterState {
    return { nodes: this.#nodes.list().map((node) => this.#stateOf(node)), storage: this.#storage };
  }

  #stateOf(node: Node): NodeState {
    const name = node.metadata?.name ?? "";
    const known = this.#states.get(name);
    if (known !== undefined) return known;
    const bound = this.#podsByNode.get(name).filter((pod) => !isTerminal(pod));
    const assumed = [...this.#assumed.values()].flatMap(({ pod, nodeName }) => (nodeName === name ? [pod] : []));
    const state = nodeState(node, [...bound, ...assumed]);
    this.#states.set(name, state);
    return state;
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? "";
}

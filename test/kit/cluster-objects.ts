/** Nodes and pods of a small cluster, and the scheduler's picture of them, for tables of unit tests. */
import type { Node, Pod, PodSpec } from "kubernetes-types/core/v1";
import { Store } from "#kube/informer/store.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { ClusterCache } from "#playground/scheduler/cluster-cache.ts";
import type { ClusterState, NodeState } from "#playground/scheduler/cluster-state.ts";
import type { StorageState } from "#playground/scheduler/storage-state.ts";

/** In the namespace `off`, its name is its uid too; without containers unless there are some in the spec. */
export function podNamed(name: string, own: Omit<Pod, "spec"> & { readonly spec?: Partial<PodSpec> } = {}): Pod {
  return {
    ...own,
    metadata: { name, namespace: "off", uid: name, ...own.metadata },
    spec: { containers: [], ...own.spec },
  };
}

/** With room for ten pods, 4 cpu and 8Gi of memory, and the label of its name. */
export function nodeNamed(name: string, own: Node = {}): Node {
  return {
    ...own,
    metadata: { name, ...own.metadata, labels: { "kubernetes.io/hostname": name, ...own.metadata?.labels } },
    status: { ...own.status, allocatable: { pods: "10", cpu: "4", memory: "8Gi", ...own.status?.allocatable } },
  };
}

/** The spec of a pod of one container that asks for this. */
export function asking(requests: Record<string, string>): PodSpec {
  return { containers: [{ name: "main", image: "main", resources: { requests } }] };
}

export const NO_STORAGE: StorageState = {
  findClaim: () => undefined,
  findVolume: () => undefined,
  findClass: () => undefined,
  volumes: () => [],
};

export function clusterOf(nodes: readonly Node[], pods: readonly Pod[] = [], storage = NO_STORAGE): ClusterState {
  return new ClusterCache(storeOf(nodes), storeOf(pods), storage).state();
}

export function storeOf<T extends KubeObject>(objects: readonly T[]): Store<T> {
  const store = new Store<T>();
  for (const object of objects) store.put(object);
  return store;
}

/** The state of the first of the nodes, and of all of them. */
export function firstNode(nodes: readonly [Node, ...Node[]], pods: readonly Pod[] = []): [NodeState, ClusterState] {
  const state = clusterOf(nodes, pods);
  const [first] = state.nodes;
  if (first === undefined) throw new TypeError("there is a first node");
  return [first, state];
}

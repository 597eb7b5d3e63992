/**
 * What the dashboard knows, as items with a key each: the server makes them of objects, the page draws them, and history
 * keeps what they were. Values are as small as the page needs, and never contain what is secret.
 */

/**
 * `<kind>/<cluster>/<namespace>/<name>`, with an empty part where there is none: that of a cluster has neither namespace nor
 * name. The name of a workload or a reflected object begins with its kind: `Deployment/web`, with the slash escaped.
 */
export type ItemKey = string;

export type Item =
  | ClusterItem
  | NodeItem
  | NamespaceItem
  | PodItem
  | PeeringItem
  | ServiceItem
  | ReflectedItem
  | WorkloadItem;

export type ItemKind = Item["kind"];

export const ITEM_KINDS: readonly ItemKind[] = [
  "cluster",
  "node",
  "namespace",
  "pod",
  "peering",
  "service",
  "reflected",
  "workload",
];

interface Keyed {
  readonly key: ItemKey;
  /** Name of the kubeconfig context by which it is seen. */
  readonly cluster: string;
}

export interface ClusterItem extends Keyed {
  readonly kind: "cluster";
  /** Liqo's cluster id. Undefined where Liqo is not installed or may not be read. */
  readonly id?: string;
  /** As `kubectl version` has it. */
  readonly version?: string;
  readonly reachable: boolean;
  /** Why it is not reachable, or what of it may not be read. */
  readonly message?: string;
}

export interface NodeItem extends Keyed {
  readonly kind: "node";
  readonly name: string;
  /** Cluster id of the provider that it stands for. */
  readonly provider?: string;
  readonly ready: boolean;
  readonly cordoned: boolean;
  /** Of the condition, where it is not ready. */
  readonly message?: string;
  /** cpu in millicores, memory in bytes. */
  readonly allocatable: Amounts;
}

export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  readonly pods?: number;
}

export interface NamespaceItem extends Keyed {
  readonly kind: "namespace";
  readonly name: string;
  readonly phase: string;
  readonly offloading?: {
    readonly strategy: string;
    /** Ready, SomeFailed, … as the NamespaceOffloading has it. */
    readonly phase: string;
    readonly remoteName?: string;
  };
  /** Of a twin: the cluster id and namespace that it stands for. */
  readonly origin?: { readonly clusterID: string; readonly namespace: string };
}

/** good: as wanted. waiting: on its way. bad: needs somebody. done: ended as wanted. ending: is being deleted. */
export type Health = "good" | "waiting" | "bad" | "done" | "ending";

export interface PodItem extends Keyed {
  readonly kind: "pod";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node?: string;
  readonly health: Health;
  /** The word in kubectl's column STATUS. */
  readonly status: string;
  /** Of the containers, as kubectl's READY: "1/2". */
  readonly ready: string;
  readonly restarts: number;
  readonly ip?: string;
  readonly containers: readonly string[];
  /** `Deployment/web`, `Job/x`: whose pod it is, with a ReplicaSet left out. */
  readonly owner?: string;
  readonly createdAt: string;
  /** native: neither offloaded nor a twin. offloaded: the pod at home that runs elsewhere. twin: what runs there. */
  readonly role: "native" | "offloaded" | "twin";
  /** Key of the other one of the two; of a pod whose cluster is not looked at, too. */
  readonly twin?: ItemKey;
}

/** One side of a peering: each of two clusters has its own. */
export interface PeeringItem extends Keyed {
  readonly kind: "peering";
  /** Name of the ForeignCluster: the peer's cluster id. */
  readonly peer: string;
  /** What the peer is to this cluster, as the ForeignCluster has it: a Provider lends its resources. */
  readonly role: "Consumer" | "Provider" | "ConsumerAndProvider" | "Unknown";
  readonly health: Health;
  readonly modules: readonly PeeringModule[];
  readonly connection?: {
    /** As the Connection has it: Connected, Connecting, Error; Unknown: it says so no more. */
    readonly state: string;
    readonly latencyMs?: number;
    readonly mtu?: number;
    readonly carrier?: string;
    /** Where the tunnel goes to, as `address:port`. */
    readonly endpoint?: string;
    readonly message?: string;
    /** Of which nodes packets are lost, or nothing is known. */
    readonly paths?: string;
  };
  /** CIDRs of the peer: its own and what this cluster calls them. */
  readonly cidrs: readonly { readonly what: "pod" | "external"; readonly theirs: string; readonly here: string }[];
  /** ISO times at which certificates of the peering end. */
  readonly certificates: readonly { readonly name: string; readonly endsAt: string }[];
  /** Of each ResourceSlice of which this cluster is the consumer. */
  readonly slices: readonly {
    readonly name: string;
    readonly accepted: boolean;
    readonly granted: Amounts;
    /** Requests of the pods on its node. */
    readonly used: Amounts;
    readonly message?: string;
  }[];
}

export interface PeeringModule {
  readonly name: "networking" | "authentication" | "offloading";
  readonly enabled: boolean;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
}

export interface ServiceItem extends Keyed {
  readonly kind: "service";
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIP?: string;
  /** Load balancer's addresses and spec.externalIPs. */
  readonly external: readonly string[];
  readonly ports: readonly {
    readonly name?: string;
    readonly port: number;
    readonly nodePort?: number;
    readonly protocol: string;
  }[];
  readonly endpoints: readonly {
    readonly address: string;
    readonly ready: boolean;
    /** Key of the pod, where it is known: in this cluster or in a peer that is looked at. */
    readonly pod?: ItemKey;
  }[];
  /** Of a copy: the cluster id that it comes from. */
  readonly origin?: string;
}

/** An object that the virtual kubelet or a controller copied from another cluster. */
export interface ReflectedItem extends Keyed {
  readonly kind: "reflected";
  readonly namespace: string;
  readonly name: string;
  /** Kind of the object: ConfigMap, Secret, EndpointSlice, Ingress … */
  readonly of: string;
  readonly origin: string;
  readonly createdAt: string;
  /** Last failure that an event tells of. */
  readonly lastError?: string;
}

/** What can be scaled. */
export interface WorkloadItem extends Keyed {
  readonly kind: "workload";
  readonly of: "Deployment" | "StatefulSet" | "DaemonSet" | "Job";
  readonly namespace: string;
  readonly name: string;
  readonly wanted: number;
  readonly ready: number;
}

export function itemKey(kind: ItemKind, cluster: string, namespace: string, name: string): ItemKey {
  return [kind, cluster, namespace, name].map(encodeURIComponent).join("/");
}

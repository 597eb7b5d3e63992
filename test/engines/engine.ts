/**
 * What the end-to-end suites know of the machine below: clusters that a kubeconfig leads to, and ways to hurt them.
 * One file per engine; the suites are the same for all. See docs/architecture.md, "Engines and tests".
 */

export interface ClusterRequest {
  readonly name: string;
  /** Default 2, named `worker-node-1`, `worker-node-2`, … */
  readonly workers?: number;
  /** Default 10.244.0.0/16, for all: overlap is the normal case. */
  readonly podCidr?: string;
  /** Default 10.96.0.0/16. */
  readonly serviceCidr?: string;
  /** Default: Services of type LoadBalancer get an address. */
  readonly loadBalancer?: boolean;
  /** Default false: the API server keeps no audit log. */
  readonly auditLog?: boolean;
}

export interface TestCluster {
  /** Also the name of its context in the kubeconfig. */
  readonly name: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly workers: readonly string[];
}

/** Something of a cluster that can die. A node's is its kubelet; a container is named as in the pod's status. */
export type Component = "apiserver" | "controllers" | { readonly node: string } | RunningContainer;

export interface RunningContainer {
  readonly node: string;
  /** `runc://<id>`, `containerd://<id>` */
  readonly containerId: string;
}

/** What the tests read of one. Kubernetes: apiserver/pkg/apis/audit/v1 */
export interface AuditEvent {
  readonly verb: string;
  readonly stage: "ResponseStarted" | "ResponseComplete" | "Panic";
  readonly requestURI: string;
  readonly user: { readonly username?: string; readonly groups?: readonly string[] };
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Packets that are lost on their way from one cluster to another. */
export interface LinkFault {
  readonly from: string;
  readonly to: string;
  /** `api`: to and from the API servers; `tunnel`: between gateways. */
  readonly traffic: "all" | "api" | "tunnel";
  /** Of several tunnels that one. */
  readonly port?: number;
  /** Default 100. */
  readonly dropPercent?: number;
}

/** A router before a cluster cuts up what is too long, or tells its sender when it must not be cut. */
export interface NarrowPath {
  readonly mtu: number;
  /** Of UDP that is too long nothing arrives, and nobody is told. */
  readonly isBlackHole?: boolean;
}

/** What a NAT before a cluster hands on: UDP to `outside` goes to `inside`, both `ip:port`; it hides who sent it. */
export interface PortMap {
  readonly outside: string;
  readonly inside: string;
}

/** The machine below the clusters: only an engine that made them has a hand on it. */
export interface Machine {
  /** Of the servers, without the patch: `v1.35`. */
  readonly version: string;
  /**
   * By default ends the component's process as `kill -9` does; the engine itself has to start it again. SIGSTOP leaves it
   * hung until SIGCONT.
   */
  kill(cluster: string, component: Component, signal?: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
  /** Removes the cluster with all its state and makes it anew: same name and address, another CA. Not on every engine. */
  replace?(request: ClusterRequest): Promise<void>;
  /** In place of all faults there were; none heals. */
  setLinkFaults(faults: readonly LinkFault[]): Promise<void>;
  /** How long packets to the cluster may be, in place of what it was; without a path as long as anywhere. */
  setPath(cluster: string, path?: NarrowPath): Promise<void>;
  /** Pulls the cable of a node, or plugs it in again; what runs there goes on. */
  setNodeCut(cluster: string, node: string, isCut: boolean): Promise<void>;
  /** Keeps the pod of a container from its API server, and nothing else; or lets it there again. */
  setApiServerCut(cluster: string, container: RunningContainer, isCut: boolean): Promise<void>;
  /** In place of all there were; what flows through one that is no more is cut. */
  setPortMaps(maps: readonly PortMap[]): Promise<void>;
  /** Ends all of the cluster in good order, and starts it again; its state stays. Resolves when its nodes are ready. */
  stop(cluster: string): Promise<void>;
  start(cluster: string): Promise<void>;
  /** The API server's audit log so far (audit.k8s.io/v1, level Metadata), of a cluster that was asked to keep one. */
  auditEvents(cluster: string): AuditEvent[];
  /** The network namespace of a node, as `ip netns` names it. */
  nodeNamespace(cluster: string, node: string): string;
}

/**
 * Clusters of one test, with nothing shared with another test's. Node addresses, NodePorts and load balancer addresses
 * can be reached from the test's process. Disposing removes everything the clusters made.
 */
export interface Engine extends AsyncDisposable {
  readonly name: "playground" | "kubernetes" | "existing";
  readonly kubeconfig: string;
  /** What programs started by the test need to find the clusters. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when their nodes are ready. */
  create(requests: readonly ClusterRequest[]): Promise<TestCluster[]>;
  readonly machine?: Machine;
}

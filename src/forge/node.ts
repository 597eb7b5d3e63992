/** The Node that stands for resources of a provider. Upstream: pkg/virtualKubelet/liqoNodeProvider, cmd/virtual-kubelet/root/node.go */
import type { Node, NodeCondition, NodeStatus, Taint } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { timestamp } from "#machinery/conditions.ts";
import { milliOf } from "#machinery/quantity.ts";

export const NOT_ALLOWED_TAINT = "virtual-node.liqo.io/not-allowed";
/** What lets a pod onto virtual nodes. */
export const NOT_ALLOWED_TOLERATION = { key: NOT_ALLOWED_TAINT, operator: "Exists", effect: "NoExecute" } as const;

export interface NodeOptions {
  readonly name: string;
  readonly providerId: string;
  /** Address of the virtual kubelet. */
  readonly address: string;
  readonly port: number;
  /** Of the consumer's API server: `v1.35.0`. */
  readonly kubeletVersion: string;
  readonly extraLabels: Readonly<Record<string, string>>;
  readonly extraAnnotations: Readonly<Record<string, string>>;
}

export interface NodeHealth {
  /** Whether the provider's API server answers. */
  readonly isApiServerUp: boolean;
  /** undefined: the network does not count. */
  readonly isNetworkUp: boolean | undefined;
}

/** Of the condition Ready, Unknown, of a node whose provider does not answer: its pods may well go on serving. */
export const API_SERVER_DOWN = "ProviderAPIServerNotReady";

export function nodeLabels(virtual: VirtualNode | undefined, options: NodeOptions): Record<string, string> {
  return {
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": "amd64",
    // The provider's; what follows is this cluster's, and wins.
    ...virtual?.spec?.labels,
    "kubernetes.io/role": "agent",
    "alpha.service-controller.kubernetes.io/exclude-balancer": "true",
    "node.kubernetes.io/exclude-from-external-load-balancers": "true",
    type: "virtual-kubelet",
    ...options.extraLabels,
    "kubernetes.io/hostname": options.name,
    [labels.TYPE]: labels.TYPE_VIRTUAL_NODE,
    [labels.REMOTE_CLUSTER_ID]: options.providerId,
    [labels.STORAGE_AVAILABLE]: String((virtual?.spec?.storageClasses?.length ?? 0) > 0),
  };
}

export function nodeTaints(virtual: VirtualNode | undefined): Taint[] {
  const own: Taint = { key: NOT_ALLOWED_TAINT, value: "true", effect: "NoExecute" };
  return [own, ...(virtual?.spec?.taints ?? []).map((taint) => ({ ...taint }) as Taint)];
}

export function forgeNode(virtual: VirtualNode | undefined, options: NodeOptions): Node {
  const annotations = { ...options.extraAnnotations, ...virtual?.spec?.annotations };
  return {
    metadata: {
      name: options.name,
      labels: nodeLabels(virtual, options),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: { taints: nodeTaints(virtual) },
  };
}

/**
 * Born with its taint, so that nothing is scheduled before all labels are there, and with the label that never goes, so
 * that nobody takes it for a machine.
 */
export function forgeNewNode(virtual: VirtualNode | undefined, options: NodeOptions): Node {
  return {
    metadata: { name: options.name, labels: { [labels.TYPE]: labels.TYPE_VIRTUAL_NODE } },
    spec: { taints: nodeTaints(virtual) },
  };
}

/** The status to write, given the one that stands: only a changed condition gets a new transition time. */
export function forgeNodeStatus(
  virtual: VirtualNode | undefined,
  options: NodeOptions,
  health: NodeHealth,
  seen: { readonly before: NodeStatus | undefined; readonly nowMs: number },
): NodeStatus {
  const resources = { ...(virtual?.spec?.resourceQuota?.hard as Record<string, string> | undefined) };
  const images = virtual?.spec?.images;
  return {
    ...seen.before,
    capacity: resources,
    allocatable: { ...resources },
    conditions: forgeConditions(resources, health, seen),
    addresses: [{ type: "InternalIP", address: options.address }],
    daemonEndpoints: { kubeletEndpoint: { Port: options.port } },
    nodeInfo: {
      architecture: "amd64",
      bootID: "",
      containerRuntimeVersion: "",
      kernelVersion: "",
      kubeProxyVersion: "",
      kubeletVersion: options.kubeletVersion,
      machineID: "",
      operatingSystem: "Linux",
      osImage: "",
      systemUUID: "",
    },
    ...(images !== undefined && { images: images.map((image) => ({ ...image })) as NonNullable<NodeStatus["images"]> }),
  };
}

const SUFFICIENT = "The remote cluster is advertising sufficient resources";
const INSUFFICIENT = "The remote cluster is advertising no/insufficient resources";

type Wanted = Pick<NodeCondition, "type" | "status" | "reason" | "message">;

function forgeConditions(
  resources: Readonly<Record<string, string>>,
  health: NodeHealth,
  { before, nowMs }: { readonly before: NodeStatus | undefined; readonly nowMs: number },
): NodeCondition[] {
  const hasAny = (name: string): boolean => milliOf(resources[name]) > 0n;
  const isShort = !hasAny("cpu") || !hasAny("memory");
  const wanted: Wanted[] = [
    readyCondition(isShort, health),
    pressure("MemoryPressure", !hasAny("memory"), "SufficientMemory"),
    pressure("DiskPressure", isShort, "NoDiskPressure"),
    pressure("PIDPressure", isShort, "NoPIDPressure"),
    ...(health.isNetworkUp === undefined ? [] : [networkUnavailable(health.isNetworkUp)]),
  ];
  const now = timestamp(nowMs);
  return wanted.map((condition) => {
    const previous = before?.conditions?.find(({ type }) => type === condition.type);
    const isSame = previous?.status === condition.status;
    return {
      ...condition,
      lastHeartbeatTime: now,
      lastTransitionTime: isSame ? (previous.lastTransitionTime ?? now) : now,
    };
  });
}

/** Upstream lets the lease run out, and says what is lost only of the network. */
function readyCondition(isShort: boolean, { isApiServerUp, isNetworkUp }: NodeHealth): Wanted {
  const type = "Ready";
  const network =
    isNetworkUp === undefined ? "" : `; the network with it is ${isNetworkUp ? "established" : "down as well"}`;
  if (!isApiServerUp)
    return {
      type,
      status: "Unknown",
      reason: API_SERVER_DOWN,
      message: `The API server of the remote cluster does not answer${network}`,
    };
  if (isNetworkUp === false)
    return {
      type,
      status: "False",
      reason: "KubeletNotReady",
      message: "The network with the remote cluster is down; its API server answers",
    };
  return isShort
    ? {
        type,
        status: "False",
        reason: "KubeletNotReady",
        message: "The Liqo Virtual Kubelet is currently not ready: the remote cluster advertises no cpu or no memory",
      }
    : { type, status: "True", reason: "KubeletReady", message: "The Liqo Virtual Kubelet is posting ready status" };
}

function networkUnavailable(isUp: boolean): Wanted {
  const type = "NetworkUnavailable";
  return isUp
    ? { type, status: "False", reason: "LiqoNetworkingUp", message: "The Liqo cluster interconnection is established" }
    : { type, status: "True", reason: "LiqoNetworkingDown", message: "The Liqo cluster interconnection is down" };
}

function pressure(type: string, isTrue: boolean, relief: string): Wanted {
  return isTrue
    ? { type, status: "True", reason: `RemoteClusterHas${type}`, message: INSUFFICIENT }
    : { type, status: "False", reason: `RemoteClusterHas${relief}`, message: SUFFICIENT };
}

/** The Node object that the agent registers and keeps: pure. Kubernetes: pkg/kubelet/kubelet_node_status.go, pkg/kubelet/nodestatus/setters.go */
import type { Node, NodeCondition, NodeStatus } from "kubernetes-types/core/v1";
import type { UsedImage } from "../image.ts";

export interface NodeSettings {
  readonly name: string;
  readonly address: string;
  readonly podCidr: string;
  readonly labels: Readonly<Record<string, string>>;
  /** cpu, memory, pods, ephemeral-storage. */
  readonly capacity: Readonly<Record<string, string>>;
  readonly kubeletPort: number;
  readonly kubeletVersion: string;
}

export interface Machine {
  readonly id: string;
  readonly bootId: string;
  readonly kernel: string;
  readonly osImage: string;
  readonly architecture: string;
  readonly runtimeVersion: string;
}

const HEALTHY: Readonly<Record<string, readonly [status: "True" | "False", reason: string, message: string]>> = {
  MemoryPressure: ["False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
  DiskPressure: ["False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
  PIDPressure: ["False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"],
  Ready: ["True", "KubeletReady", "kubelet is posting ready status"],
};

export function forgeNode(settings: NodeSettings, machine: Machine, now: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: settings.name, labels: labelsOf(settings, machine) },
    spec: { podCIDR: settings.podCidr, podCIDRs: [settings.podCidr] },
    status: forgeNodeStatus(settings, machine, { now, images: [], previous: [] }),
  };
}

export function labelsOf(settings: NodeSettings, machine: Machine): Record<string, string> {
  return {
    "beta.kubernetes.io/arch": machine.architecture,
    "beta.kubernetes.io/os": "linux",
    "kubernetes.io/arch": machine.architecture,
    "kubernetes.io/os": "linux",
    "kubernetes.io/hostname": settings.name,
    ...settings.labels,
  };
}

export function forgeNodeStatus(
  settings: NodeSettings,
  machine: Machine,
  at: { readonly now: string; readonly images: readonly UsedImage[]; readonly previous: readonly NodeCondition[] },
): NodeStatus {
  return {
    capacity: { ...settings.capacity },
    allocatable: { ...settings.capacity },
    addresses: [
      { type: "InternalIP", address: settings.address },
      { type: "Hostname", address: settings.name },
    ],
    conditions: Object.entries(HEALTHY).map(([type, [status, reason, message]]) => {
      const old = at.previous.find((condition) => condition.type === type);
      const since = old?.status === status ? (old.lastTransitionTime ?? at.now) : at.now;
      return { type, status, reason, message, lastHeartbeatTime: at.now, lastTransitionTime: since };
    }),
    daemonEndpoints: { kubeletEndpoint: { Port: settings.kubeletPort } },
    images: at.images.map(({ names, sizeBytes }) => ({ names: [...names], sizeBytes })),
    nodeInfo: {
      machineID: machine.id,
      systemUUID: machine.id,
      bootID: machine.bootId,
      kernelVersion: machine.kernel,
      osImage: machine.osImage,
      containerRuntimeVersion: machine.runtimeVersion,
      kubeletVersion: settings.kubeletVersion,
      kubeProxyVersion: settings.kubeletVersion,
      operatingSystem: "linux",
      architecture: machine.architecture,
    },
  };
}

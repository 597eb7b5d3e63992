/** Host ports, which a node has once. Kubernetes: pkg/scheduler/framework/plugins/nodeports/node_ports.go */
import type { ContainerPort, Pod } from "kubernetes-types/core/v1";
import { type Plugin, reject } from "../plugin.ts";

export const nodePorts: Plugin = {
  name: "NodePorts",
  filter: (pod, node) => {
    const wanted = hostPorts(pod);
    if (wanted.length === 0) return undefined;
    const used = new Set(node.pods.flatMap((other) => hostPorts(other)).map(portKey));
    return wanted.some((port) => used.has(portKey(port)))
      ? reject("node(s) didn't have free ports for the requested pod ports", true)
      : undefined;
  },
};

function hostPorts(pod: Pod): ContainerPort[] {
  return (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []).filter(({ hostPort }) => (hostPort ?? 0) > 0);
}

function portKey({ hostPort, protocol }: ContainerPort): string {
  return `${protocol ?? "TCP"}/${hostPort}`;
}

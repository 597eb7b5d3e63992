/** What NetworkPolicies mean, written as the documentation of Kubernetes says it, without any regard for cost. */
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { contains, mustParseCidr, parseIpv4 } from "#base/cidr.ts";
import { selects } from "#machinery/selector.ts";

export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly protocol: "TCP" | "UDP" | "SCTP" | "ICMP";
  readonly port: number;
}

export interface Cluster {
  readonly policies: readonly NetworkPolicy[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

/** Whether the first packet of a connection arrives, as far as the pods on these addresses say. */
export function mayPass(cluster: Cluster, packet: Packet, judged: "ingress" | "egress"): boolean {
  // A pod cannot block access to itself.
  if (packet.from === packet.to) return true;
  const own = podAt(cluster, judged === "ingress" ? packet.to : packet.from);
  if (own === undefined) return true;
  const type = judged === "ingress" ? "Ingress" : "Egress";
  const isolating = cluster.policies.filter(
    ({ metadata, spec }) =>
      metadata?.namespace === own.metadata?.namespace &&
      spec?.policyTypes?.includes(type) === true &&
      selects(spec.podSelector, own.metadata?.labels),
  );
  return isolating.length === 0 || isolating.some((policy) => allows(cluster, policy, packet, judged));
}

function allows(cluster: Cluster, policy: NetworkPolicy, packet: Packet, judged: "ingress" | "egress"): boolean {
  const rules =
    judged === "ingress"
      ? (policy.spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  const other = judged === "ingress" ? packet.from : packet.to;
  return rules.some(
    ({ peers = [], ports = [] }) =>
      (peers.length === 0 || peers.some((peer) => isPeer(cluster, policy, peer, other))) &&
      (ports.length === 0 || ports.some((port) => isPort(cluster, port, packet))),
  );
}

function isPeer(cluster: Cluster, policy: NetworkPolicy, peer: NetworkPolicyPeer, address: string): boolean {
  if (peer.ipBlock !== undefined) {
    const ip = parseIpv4(address) ?? 0;
    const isIn = (cidr: string): boolean => contains(mustParseCidr(cidr), ip);
    return isIn(peer.ipBlock.cidr) && !(peer.ipBlock.except ?? []).some(isIn);
  }
  const pod = podAt(cluster, address);
  if (pod === undefined) return false;
  const namespace = cluster.namespaces.find(({ metadata }) => metadata?.name === pod.metadata?.namespace);
  const isNamespace =
    peer.namespaceSelector === undefined
      ? pod.metadata?.namespace === policy.metadata?.namespace
      : selects(peer.namespaceSelector, namespace?.metadata?.labels);
  return isNamespace && (peer.podSelector === undefined || selects(peer.podSelector, pod.metadata?.labels));
}

function isPort(cluster: Cluster, { protocol = "TCP", port, endPort }: NetworkPolicyPort, packet: Packet): boolean {
  if (packet.protocol !== protocol) return false;
  if (port === undefined) return true;
  if (typeof port === "number") return port <= packet.port && packet.port <= (endPort ?? port);
  const ports = (podAt(cluster, packet.to)?.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.some(
    (own) => own.name === port && (own.protocol ?? "TCP") === protocol && own.containerPort === packet.port,
  );
}

function podAt({ pods }: Cluster, address: string): Pod | undefined {
  return pods.find(
    ({ spec, status }) =>
      status?.podIP === address && spec?.hostNetwork !== true && !["Succeeded", "Failed"].includes(status.phase ?? ""),
  );
}

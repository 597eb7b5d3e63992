/** What NetworkPolicies say of one connection, by the objects of the cluster that keeps them. Pure. Kubernetes: docs, NetworkPolicy */
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { contains, parseCidr, parseIpv4 } from "#base/cidr.ts";
import { type LabelSelector, selects } from "#machinery/selector.ts";

export type Direction = "ingress" | "egress";

export interface PolicyVerdict {
  /** Those that select the pod for this direction. */
  readonly selecting: readonly string[];
  readonly isAllowed: boolean;
}

export interface Connecting {
  readonly self: Readonly<Record<string, string>>;
  /** As this cluster knows the other end. */
  readonly peer: {
    readonly address: string;
    /** Undefined where it is no pod of this cluster. */
    readonly labels: Readonly<Record<string, string>> | undefined;
  };
  readonly port: number;
}

export function policyVerdict(
  policies: readonly NetworkPolicy[],
  direction: Direction,
  { self, peer, port }: Connecting,
): PolicyVerdict {
  const selecting = policies.filter(({ spec }) => {
    const types = spec?.policyTypes ?? (spec?.egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
    const isOf = types.includes(direction === "ingress" ? "Ingress" : "Egress");
    return isOf && selects(spec?.podSelector as LabelSelector, self);
  });
  const rules = selecting.flatMap(({ spec }) =>
    direction === "ingress"
      ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports })),
  );
  const allows = rules.some(({ peers, ports }) => hasPeer(peers, peer) && hasPort(ports, port));
  return {
    selecting: selecting.map(({ metadata }) => metadata?.name ?? ""),
    isAllowed: selecting.length === 0 || allows,
  };
}

function hasPeer(peers: readonly NetworkPolicyPeer[] = [], { address, labels }: Connecting["peer"]): boolean {
  if (peers.length === 0) return true;
  return peers.some(({ ipBlock, podSelector, namespaceSelector }) => {
    if (ipBlock !== undefined)
      return isIn(ipBlock.cidr, address) && !(ipBlock.except ?? []).some((each) => isIn(each, address));
    // Both pods of a trace are of one namespace; what its labels say is not asked.
    if (labels === undefined) return false;
    return podSelector === undefined ? namespaceSelector !== undefined : selects(podSelector as LabelSelector, labels);
  });
}

function isIn(cidr: string, address: string): boolean {
  const [block, ip] = [parseCidr(cidr), parseIpv4(address)];
  return block !== undefined && ip !== undefined && contains(block, ip);
}

/** A port by its name is taken to be the one. */
function hasPort(ports: readonly NetworkPolicyPort[] = [], wanted: number): boolean {
  if (ports.length === 0) return true;
  return ports.some(({ protocol = "TCP", port, endPort }) => {
    if (protocol !== "TCP") return false;
    if (typeof port !== "number") return true;
    return wanted >= port && wanted <= (endPort ?? port);
  });
}

export function policyText(pod: string, direction: Direction, { selecting, isAllowed }: PolicyVerdict): string {
  const names = selecting.map((name) => `NetworkPolicy ${name}`).join(", ");
  return isAllowed
    ? `${names}: ${direction} of ${pod} is allowed`
    : `${names}: this ${direction} of ${pod} is not allowed`;
}

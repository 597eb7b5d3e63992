/** nftables tables of a peering, at gateways and nodes. Upstream: pkg/liqo-controller-manager/networking/forge */
import type { Pod } from "kubernetes-types/core/v1";
import type { IP } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { FirewallConfiguration, NatRule } from "#api/networking/firewallconfiguration.ts";
import type { InternalNode } from "#api/networking/internal.ts";
import type { OwnerReference } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "../names.ts";
import { DEFAULT_INTERFACE, dashed, ownerReference, TUNNEL_INTERFACE } from "./names.ts";

type Table = NonNullable<FirewallConfiguration["spec"]>["table"];
type Chain = NonNullable<Table["chains"]>[number];

function firewall(
  name: string,
  namespace: string,
  selection: Readonly<Record<string, string>>,
  owners: OwnerReference[],
  table: Table,
): FirewallConfiguration {
  return {
    metadata: {
      name,
      namespace,
      labels: { ...GLOBAL_LABELS, ...selection },
      ...(owners.length > 0 && { ownerReferences: owners }),
    },
    spec: { table },
  };
}

function natChain(
  name: string,
  hook: "prerouting" | "postrouting",
  priority: number,
  rules: { natRules?: NatRule[] },
): Chain {
  return { name, hook, type: "nat", policy: "accept", priority, rules };
}

/** Prefix NAT at the gateway: the peer's CIDR as seen from here ↔ its own. No rules where both are equal. */
export function forgeRemapFirewall(configuration: Configuration, type: "pod" | "external"): FirewallConfiguration {
  const { name = "", namespace = "" } = configuration.metadata ?? {};
  const own = configuration.spec?.remote?.cidr?.[type] ?? [];
  const seen = configuration.status?.remote?.cidr?.[type] ?? [];
  const pairs = own.flatMap((cidr, i) =>
    seen[i] === undefined || seen[i] === cidr ? [] : [{ own: cidr, seen: seen[i] }],
  );
  const outgoing = pairs.map(
    (pair): NatRule => ({
      name: `${name}-outgoing-${dashed(pair.seen)}`,
      natType: "dnat",
      to: pair.own,
      match: [
        { op: "eq", ip: { position: "dst", value: pair.seen } },
        { op: "neq", dev: { position: "in", value: DEFAULT_INTERFACE } },
        { op: "neq", dev: { position: "in", value: TUNNEL_INTERFACE } },
      ],
    }),
  );
  const incoming = pairs.map(
    (pair): NatRule => ({
      name: `${name}-incoming-${dashed(pair.own)}`,
      natType: "snat",
      to: pair.seen,
      match: [
        { op: "neq", dev: { position: "out", value: DEFAULT_INTERFACE } },
        { op: "eq", ip: { position: "src", value: pair.own } },
        { op: "eq", dev: { position: "in", value: TUNNEL_INTERFACE } },
      ],
    }),
  );
  const rules = (natRules: NatRule[]): { natRules?: NatRule[] } => (natRules.length === 0 ? {} : { natRules });
  return firewall(
    `${name}-remap-${type}cidr`,
    namespace,
    { [labels.FIREWALL_CATEGORY]: "gateway", [labels.FIREWALL_UNIQUE]: name },
    [ownerReference(configuration)],
    {
      name: `remap-${type}cidr`,
      family: "IPV4",
      chains: [
        natChain("outgoing", "prerouting", -100, rules(outgoing)),
        natChain("incoming", "postrouting", 100, rules(incoming)),
      ],
    },
  );
}

/**
 * On every node: pods keep their address towards the peer, everything else takes the unknown-source address. With
 * `isFull`, pods take it too: some networks give what comes to a node port the address of a pod.
 */
export function forgeMasqueradeBypass(configuration: Configuration, isFull: boolean): FirewallConfiguration {
  const { name = "", namespace = "" } = configuration.metadata ?? {};
  const localPods = isFull ? [] : (configuration.spec?.local?.cidr?.pod ?? []);
  const unknown = (configuration.spec?.local?.cidr?.external?.[0] ?? "").split("/")[0] ?? "";
  const remote = configuration.status?.remote?.cidr;
  const targets = [
    ...(remote?.pod ?? []).map((cidr) => ({ cidr, suffix: `-${dashed(cidr)}`, mark: "" })),
    ...(remote?.external ?? []).slice(0, 1).map((cidr) => ({ cidr, suffix: "", mark: "-ext" })),
  ];
  const natRules = targets.flatMap(({ cidr, suffix, mark }): NatRule[] => {
    const dst = { op: "eq" as const, ip: { position: "dst" as const, value: cidr } };
    const src = (op: "eq" | "neq", value: string) => ({ op, ip: { position: "src" as const, value } });
    return [
      ...localPods.map(
        (pod): NatRule => ({
          name: `podcidr-${name}${mark}-${dashed(pod)}${suffix}`,
          natType: "snat",
          to: pod,
          match: [dst, src("eq", pod)],
        }),
      ),
      {
        name: `service-nodeport-${name}${mark}${suffix}`,
        natType: "snat",
        to: unknown,
        match: [dst, ...localPods.map((pod) => src("neq", pod))],
      },
    ];
  });
  return firewall(
    `${name}-masquerade-bypass`,
    namespace,
    { [labels.FIREWALL_CATEGORY]: "fabric", [labels.FIREWALL_SUBCATEGORY]: "all-nodes" },
    [ownerReference(configuration)],
    {
      name: `${name}-masquerade-bypass`,
      family: "IPV4",
      chains: [natChain("pre-postrouting", "postrouting", 99, { natRules })],
    },
  );
}

/** On one node: its gateways' packets to other nodes in the overlay keep their address. */
export function forgeGatewayBypass(
  node: InternalNode,
  gateways: readonly Pod[],
  { namespace, overlayPort }: { readonly namespace: string; readonly overlayPort: number },
): FirewallConfiguration {
  const nodeName = node.metadata?.name ?? "";
  const name = `${nodeName}-gw-masquerade-bypass`;
  const natRules = gateways.map(({ metadata, status }): NatRule => {
    const address = status?.podIP ?? "";
    const port = { position: "dst" as const, value: String(overlayPort) };
    return {
      name: metadata?.name ?? "",
      natType: "snat",
      to: address,
      match: [{ op: "eq", ip: { position: "src", value: address }, port, proto: { value: "udp" } }],
      targetRef: { kind: "Pod", namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" },
    };
  });
  const selection = {
    [labels.FIREWALL_CATEGORY]: "fabric",
    [labels.FIREWALL_SUBCATEGORY]: "single-node",
    [labels.FIREWALL_UNIQUE]: nodeName,
    [labels.GATEWAY_MASQUERADE_BYPASS]: "true",
  };
  return firewall(name, namespace, selection, [ownerReference(node)], {
    name,
    family: "IPV4",
    chains: [natChain("pre-postrouting", "postrouting", 99, { natRules })],
  });
}

/** At every gateway: the external address of an IP ↔ the address it stands for. */
export function forgeIpMapping(ip: IP): FirewallConfiguration {
  const { name = "", namespace = "" } = ip.metadata ?? {};
  const [inside, outside] = [ip.spec?.ip ?? "", ip.status?.ip ?? ""];
  const rule = (natType: "dnat" | "snat", position: "src" | "dst"): { natRules: NatRule[] } => ({
    natRules: [{ name, natType, to: inside, match: [{ op: "eq", ip: { position, value: outside } }] }],
  });
  return firewall(
    `${name}-remap-ipmapping-gw`,
    namespace,
    { [labels.FIREWALL_CATEGORY]: "gateway", [labels.FIREWALL_SUBCATEGORY]: "ip-mapping" },
    [ownerReference(ip)],
    {
      name: `${name}-remap-ipmapping-gw-${namespace}`,
      family: "IPV4",
      chains: [
        natChain("prerouting", "prerouting", -100, rule("dnat", "dst")),
        natChain("postrouting", "postrouting", 100, rule("snat", "src")),
      ],
    },
  );
}

/**
 * At every node, for an IP with `masquerade`: pods of this cluster find its address too, and what it stands for answers to
 * the node: it need not know the way to pods, here or at a peer.
 */
export function forgeIpMasquerade(ip: IP): FirewallConfiguration {
  const { name = "", namespace = "" } = ip.metadata ?? {};
  const [inside, outside] = [ip.spec?.ip ?? "", ip.status?.ip ?? ""];
  const to = (value: string): NatRule["match"] => [{ op: "eq", ip: { position: "dst", value } }];
  return firewall(
    `${name}-remap-ipmapping-fabric`,
    namespace,
    { [labels.FIREWALL_CATEGORY]: "fabric", [labels.FIREWALL_SUBCATEGORY]: "ip-mapping" },
    [ownerReference(ip)],
    {
      name: `${name}-remap-ipmapping-fabric-${namespace}`,
      family: "IPV4",
      chains: [
        natChain("prerouting", "prerouting", -100, {
          natRules: [{ name, natType: "dnat", to: inside, match: to(outside) }],
        }),
        // Before whatever else a node does to packets that leave the cluster.
        natChain("postrouting", "postrouting", 99, { natRules: [{ name, natType: "masquerade", match: to(inside) }] }),
      ],
    },
  );
}

export const NODE_PORT_TABLE = "service-nodeport-routing";

/** At every gateway: the way back of traffic that a node sent with the unknown-source address, by mark. */
export function forgeNodePortFirewall(
  nodes: readonly InternalNode[],
  namespace: string,
  unknownSource: string,
): FirewallConfiguration {
  const filterRules = nodes.map((node, i) => ({
    name: node.metadata?.name ?? "",
    action: "ctmark" as const,
    counter: false,
    value: String(i + 1),
    match: [
      { op: "eq" as const, ip: { position: "src" as const, value: unknownSource } },
      { op: "eq" as const, dev: { position: "in" as const, value: node.spec?.interface.gateway.name ?? "" } },
    ],
  }));
  const restore = {
    name: "conntrack-mark-to-meta-mark",
    action: "metamarkfromctmark" as const,
    counter: false,
    match: [
      { op: "eq" as const, ip: { position: "dst" as const, value: unknownSource } },
      { op: "eq" as const, dev: { position: "in" as const, value: TUNNEL_INTERFACE } },
    ],
  };
  const selection = { [labels.FIREWALL_CATEGORY]: "gateway", [labels.FIREWALL_SUBCATEGORY]: "fabric" };
  return firewall(NODE_PORT_TABLE, namespace, selection, [], {
    name: NODE_PORT_TABLE,
    family: "IPV4",
    chains: [
      {
        name: "mark-to-conntrack",
        hook: "forward",
        type: "filter",
        policy: "accept",
        priority: 0,
        rules: { filterRules },
      },
      {
        name: "conntrack-mark-to-meta-mark",
        hook: "prerouting",
        type: "filter",
        policy: "accept",
        priority: 0,
        rules: { filterRules: [restore] },
      },
    ],
  });
}

/** Objects of a network peering. Upstream: pkg/liqo-controller-manager/networking/forge */
import type { IP } from "#api/ipam/ip.ts";
import type { Network } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { FirewallConfiguration, NatRule } from "#api/networking/firewallconfiguration.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { InternalFabric, InternalNode } from "#api/networking/internal.ts";
import type { PublicKey } from "#api/networking/publickey.ts";
import type { Route, RouteConfiguration, RouteRule } from "#api/networking/routeconfiguration.ts";
import { controllerReference, type KubeObject, type OwnerReference } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "./names.ts";

export const TUNNEL_INTERFACE = "liqo-tunnel";
/** The name every container runtime gives a pod's own interface. */
export const DEFAULT_INTERFACE = "eth0";
const TUNNEL_SERVER_IP = "169.254.18.1";
const TUNNEL_CLIENT_IP = "169.254.18.2";

const dashed = (cidr: string): string => cidr.replaceAll(/[./]/g, "-");

function ownerReference(owner: KubeObject): OwnerReference {
  const { controller: _c, blockOwnerDeletion: _b, ...reference } = controllerReference(owner);
  return reference;
}

export interface Cidrs {
  readonly pod: readonly string[];
  readonly external: readonly string[];
}

/** What one cluster must know of the other one's CIDRs. */
export function forgeConfiguration(remoteId: string, namespace: string, remote: Cidrs): Configuration {
  return {
    metadata: { name: remoteId, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: remoteId } },
    spec: { remote: { cidr: { pod: [...remote.pod], external: [...remote.external] } } },
  };
}

/** The Network that finds a place for one CIDR of the peer. */
export function forgeRemoteNetwork(configuration: Configuration, type: "pod" | "external", cidr: string): Network {
  const { name = "", namespace = "", labels: own } = configuration.metadata ?? {};
  return {
    metadata: {
      name: `${name}-${type}-${dashed(cidr)}`,
      namespace,
      labels: {
        ...GLOBAL_LABELS,
        [labels.CIDR_TYPE]: type,
        [labels.REMOTE_CLUSTER_ID]: own?.[labels.REMOTE_CLUSTER_ID] ?? "",
      },
      ownerReferences: [controllerReference(configuration)],
    },
    spec: { cidr, preAllocated: 0 },
  };
}

export function forgeUnknownSourceIp(configuration: Configuration): IP {
  const { name = "", namespace = "", labels: own } = configuration.metadata ?? {};
  const first = configuration.status?.remote?.cidr?.external?.[0]?.split("/")[0] ?? "";
  return {
    metadata: {
      name: `${name}-unknown-source`,
      namespace,
      labels: { ...GLOBAL_LABELS, [labels.REMOTE_CLUSTER_ID]: own?.[labels.REMOTE_CLUSTER_ID] ?? "" },
      ownerReferences: [ownerReference(configuration)],
    },
    spec: { ip: first },
  };
}

export interface ServerOptions {
  readonly mtu: number;
  readonly port: number;
  readonly serviceType: "LoadBalancer" | "NodePort" | "ClusterIP";
  readonly nodePort?: number;
  readonly loadBalancerIp?: string;
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayServer(remoteId: string, namespace: string, options: ServerOptions): GatewayServer {
  const { mtu, port, serviceType, nodePort, loadBalancerIp, template } = options;
  return {
    metadata: { name: remoteId, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: remoteId } },
    spec: {
      serverTemplateRef: { apiVersion: "networking.liqo.io/v1beta1", kind: "WgGatewayServerTemplate", ...template },
      mtu,
      endpoint: {
        port,
        serviceType,
        ...(nodePort !== undefined && { nodePort }),
        ...(loadBalancerIp !== undefined && { loadBalancerIP: loadBalancerIp }),
      },
    },
  };
}

export interface ClientOptions {
  readonly mtu: number;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayClient(remoteId: string, namespace: string, options: ClientOptions): GatewayClient {
  const { mtu, addresses, port, protocol, template } = options;
  return {
    metadata: { name: remoteId, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: remoteId } },
    spec: {
      clientTemplateRef: { apiVersion: "networking.liqo.io/v1beta1", kind: "WgGatewayClientTemplate", ...template },
      mtu,
      endpoint: { addresses: [...addresses], port, protocol },
    },
  };
}

/** `publicKey` is base64 of the raw key. */
export function forgePublicKey(remoteId: string, namespace: string, publicKey: string, owner: KubeObject): PublicKey {
  return {
    metadata: {
      name: remoteId,
      namespace,
      labels: { [labels.REMOTE_CLUSTER_ID]: remoteId, [labels.GATEWAY_RESOURCE]: "true" },
      ownerReferences: [ownerReference(owner)],
    },
    spec: { publicKey },
  };
}

function firewall(
  name: string,
  namespace: string,
  selection: Readonly<Record<string, string>>,
  owners: OwnerReference[],
  table: NonNullable<FirewallConfiguration["spec"]>["table"],
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
        { name: "outgoing", hook: "prerouting", type: "nat", policy: "accept", priority: -100, rules: rules(outgoing) },
        { name: "incoming", hook: "postrouting", type: "nat", policy: "accept", priority: 100, rules: rules(incoming) },
      ],
    },
  );
}

/** On every node: pods keep their address towards the peer, everything else takes the unknown-source address. */
export function forgeMasqueradeBypass(configuration: Configuration): FirewallConfiguration {
  const { name = "", namespace = "" } = configuration.metadata ?? {};
  const localPods = configuration.spec?.local?.cidr?.pod ?? [];
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
      chains: [
        {
          name: "pre-postrouting",
          hook: "postrouting",
          type: "nat",
          policy: "accept",
          priority: 99,
          rules: { natRules },
        },
      ],
    },
  );
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
    [],
    {
      name: `${name}-remap-ipmapping-gw-${namespace}`,
      family: "IPV4",
      chains: [
        {
          name: "prerouting",
          hook: "prerouting",
          type: "nat",
          policy: "accept",
          priority: -100,
          rules: rule("dnat", "dst"),
        },
        {
          name: "postrouting",
          hook: "postrouting",
          type: "nat",
          policy: "accept",
          priority: 100,
          rules: rule("snat", "src"),
        },
      ],
    },
  );
}

function routes(
  name: string,
  namespace: string,
  selection: Readonly<Record<string, string>>,
  owner: OwnerReference,
  table: { name: string; rules: RouteRule[] },
): RouteConfiguration {
  return {
    metadata: { name, namespace, labels: { ...GLOBAL_LABELS, ...selection }, ownerReferences: [owner] },
    spec: { table },
  };
}

/** At the gateway of the peer: what comes from a node for the peer goes into the tunnel. Addresses are the peer's own: DNAT comes first. */
export function forgeGatewayRoutes(
  configuration: Configuration,
  nodes: readonly InternalNode[],
  mode: "Server" | "Client",
): RouteConfiguration {
  const { name = "", namespace = "" } = configuration.metadata ?? {};
  const cidrs = [
    ...(configuration.spec?.remote?.cidr?.pod ?? []),
    ...(configuration.spec?.remote?.cidr?.external ?? []),
  ];
  const gw = mode === "Server" ? TUNNEL_CLIENT_IP : TUNNEL_SERVER_IP;
  const rules = nodes.flatMap((node) =>
    cidrs.map((dst): RouteRule => ({ dst, iif: node.spec?.interface.gateway.name ?? "", routes: [{ dst, gw }] })),
  );
  const selection = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_UNIQUE]: name };
  return routes(`${name}-gw-ext`, namespace, selection, ownerReference(configuration), { name, rules });
}

/** On every node: what is for the peer goes to its gateway. */
export function forgeNodeRoutes(fabric: InternalFabric): RouteConfiguration {
  const { name = "", namespace = "" } = fabric.metadata ?? {};
  const gateway = fabric.spec?.interface.gateway.ip ?? "";
  const host = `${gateway}/32`;
  const rules: RouteRule[] = [
    { dst: host, routes: [{ dst: host, dev: fabric.spec?.interface.node.name ?? "", scope: "link" }] },
    ...(fabric.spec?.remoteCIDRs ?? []).map((dst): RouteRule => ({ dst, routes: [{ dst, gw: gateway }] })),
  ];
  const table = { name: `${name}-node-gw`, rules };
  return routes(table.name, namespace, { [labels.ROUTE_CATEGORY]: "fabric" }, controllerReference(fabric), table);
}

export interface PodAddress {
  readonly ip: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

/** At every gateway: each pod of a node is reached through that node's overlay address. */
export function forgePodRoutes(node: InternalNode, namespace: string, pods: readonly PodAddress[]): RouteConfiguration {
  const name = node.metadata?.name ?? "";
  const gw = node.spec?.interface.node.ip ?? "";
  const host = `${gw}/32`;
  const toPods = pods.map(
    (pod): Route => ({
      dst: `${pod.ip}/32`,
      gw,
      targetRef: { kind: "Pod", name: pod.name, namespace: pod.namespace, uid: pod.uid },
    }),
  );
  const rules: RouteRule[] = [
    { dst: host, routes: [{ dst: host, dev: node.spec?.interface.gateway.name ?? "", scope: "link" }] },
    ...(toPods.length > 0 ? [{ iif: TUNNEL_INTERFACE, routes: toPods }] : []),
  ];
  const selection = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_SUBCATEGORY]: "fabric" };
  return routes(`${name}-gw-node`, namespace, selection, ownerReference(node), { name, rules });
}

/** At gateways on that node: other peers' pods and mapped addresses are reached through the node itself. */
export function forgeExternalRoutes(
  node: InternalNode,
  namespace: string,
  remotePods: readonly string[],
  mapped: readonly string[],
): RouteConfiguration | undefined {
  const name = node.metadata?.name ?? "";
  const via = { dev: node.spec?.interface.gateway.name ?? "", gw: node.spec?.interface.node.ip ?? "" };
  const rules: RouteRule[] = [
    ...remotePods.map((dst): RouteRule => ({ dst, iif: TUNNEL_INTERFACE, routes: [{ dst, ...via }] })),
    ...(mapped.length > 0
      ? [{ iif: TUNNEL_INTERFACE, routes: mapped.map((ip): Route => ({ dst: `${ip}/32`, ...via })) }]
      : []),
  ];
  if (rules.length === 0) return undefined;
  const selection = {
    [labels.ROUTE_CATEGORY]: "gateway",
    [labels.ROUTE_SUBCATEGORY]: "fabric-node",
    [labels.ROUTE_UNIQUE]: name,
  };
  return routes(`${name}-extcidr`, namespace, selection, ownerReference(node), { name: `${name}-extcidr`, rules });
}

/** The unknown-source address: what is neither a pod nor mapped takes it towards peers. */
export function unknownSourceOf(externalCidr: string): string {
  return externalCidr.split("/")[0] ?? "";
}

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
  return firewall("service-nodeport-routing", namespace, selection, [], {
    name: "service-nodeport-routing",
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

export function forgeNodePortRoutes(
  node: InternalNode,
  index: number,
  namespace: string,
  unknownSource: string,
): RouteConfiguration {
  const name = `${node.metadata?.name ?? ""}-service-nodeport-routing`;
  const dst = `${unknownSource}/32`;
  const rule: RouteRule = {
    dst,
    fwmark: index + 1,
    routes: [{ dst, dev: node.spec?.interface.gateway.name ?? "", gw: node.spec?.interface.node.ip ?? "" }],
    targetRef: { kind: "InternalNode", name: node.metadata?.name ?? "" },
  };
  const selection = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_SUBCATEGORY]: "fabric" };
  return routes(name, namespace, selection, ownerReference(node), { name, rules: [rule] });
}

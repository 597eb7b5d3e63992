/** The objects of one side of a peering, with the shapes of the recordings; only addresses and names differ. */
import * as labels from "#api/labels.ts";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import type { GeneveTunnel, InternalFabric, InternalNode } from "#api/networking/internal.ts";
import type { PublicKey } from "#api/networking/publickey.ts";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";

export interface PeeringView {
  readonly peer: string;
  readonly node: string;
  readonly namespace: string;
  readonly podCidr: string;
  /** The peer's pod CIDR as the peer calls it, and as it is called here. */
  readonly remoteCidr: string;
  readonly remappedCidr: string;
  readonly tunnelPeer: string;
  readonly gatewayIp: string;
  readonly podIps: readonly string[];
  readonly peerKey: string;
}

export const NODE_LINK = "liqo.lfq2hv2zp9";
const GATEWAY_LINK = "liqo.n7sq4v2jh8";
const NODE_OVERLAY_IP = "10.80.0.1";
const GATEWAY_OVERLAY_IP = "10.80.0.2";

export function internalNode({ node }: PeeringView): InternalNode {
  return {
    metadata: { name: node },
    spec: { interface: { gateway: { name: GATEWAY_LINK }, node: { ip: NODE_OVERLAY_IP } } },
  };
}

export function internalFabric({ peer, namespace, gatewayIp, remappedCidr }: PeeringView): InternalFabric {
  return {
    metadata: { name: peer, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: peer } },
    spec: {
      gatewayIP: gatewayIp,
      interface: { gateway: { ip: GATEWAY_OVERLAY_IP }, node: { name: NODE_LINK } },
      mtu: 1340,
      remoteCIDRs: [remappedCidr],
    },
  };
}

export function geneveTunnel({ peer, namespace, node }: PeeringView): GeneveTunnel {
  return {
    metadata: { name: `${peer}-${node}`, namespace },
    spec: { id: 0, internalFabricRef: { name: peer, namespace }, internalNodeRef: { name: node } },
  };
}

export function publicKey({ peer, namespace, peerKey }: PeeringView): PublicKey {
  const own = { [labels.REMOTE_CLUSTER_ID]: peer, [labels.GATEWAY_RESOURCE]: "true" };
  return { metadata: { name: peer, namespace, labels: own }, spec: { publicKey: peerKey } };
}

export function routeConfigurationsOf(view: PeeringView): RouteConfiguration[] {
  const { peer, namespace, node, remoteCidr, remappedCidr, tunnelPeer, podIps } = view;
  const fabric = { [labels.ROUTE_CATEGORY]: "fabric" };
  const ofPeer = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_UNIQUE]: peer };
  const ofAll = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_SUBCATEGORY]: "fabric" };
  return [
    {
      metadata: { name: `${peer}-gw-ext`, namespace, labels: ofPeer },
      spec: {
        table: {
          name: peer,
          rules: [{ dst: remoteCidr, iif: GATEWAY_LINK, routes: [{ dst: remoteCidr, gw: tunnelPeer }] }],
        },
      },
    },
    {
      metadata: { name: `${peer}-node-gw`, namespace, labels: fabric },
      spec: {
        table: {
          name: `${peer}-node-gw`,
          rules: [
            {
              dst: `${GATEWAY_OVERLAY_IP}/32`,
              routes: [{ dev: NODE_LINK, dst: `${GATEWAY_OVERLAY_IP}/32`, scope: "link" }],
            },
            { dst: remappedCidr, routes: [{ dst: remappedCidr, gw: GATEWAY_OVERLAY_IP }] },
          ],
        },
      },
    },
    {
      metadata: { name: `${node}-gw-node`, namespace: "liqo", labels: ofAll },
      spec: {
        table: {
          name: node,
          rules: [
            {
              dst: `${NODE_OVERLAY_IP}/32`,
              routes: [{ dev: GATEWAY_LINK, dst: `${NODE_OVERLAY_IP}/32`, scope: "link" }],
            },
            { iif: "liqo-tunnel", routes: podIps.map((ip) => ({ dst: `${ip}/32`, gw: NODE_OVERLAY_IP })) },
          ],
        },
      },
    },
  ];
}

export function firewallConfigurationsOf(view: PeeringView): FirewallConfiguration[] {
  const { peer, namespace, podCidr, remoteCidr, remappedCidr } = view;
  const ofPeer = { [labels.FIREWALL_CATEGORY]: "gateway", [labels.FIREWALL_UNIQUE]: peer };
  const ofNodes = { [labels.FIREWALL_CATEGORY]: "fabric", [labels.FIREWALL_SUBCATEGORY]: "all-nodes" };
  const ofAll = { [labels.FIREWALL_CATEGORY]: "gateway", [labels.FIREWALL_SUBCATEGORY]: "all-gateways" };
  return [
    {
      metadata: { name: `${peer}-remap-podcidr`, namespace, labels: ofPeer },
      spec: { table: remapTable(remoteCidr, remappedCidr) },
    },
    {
      metadata: { name: `${peer}-masquerade-bypass`, namespace, labels: ofNodes },
      spec: { table: bypassTable(`${peer}-masquerade-bypass`, podCidr, remappedCidr) },
    },
    { metadata: { name: "gw-mss-clamping", namespace: "liqo", labels: ofAll }, spec: { table: CLAMPING } },
  ];
}

type Table = NonNullable<FirewallConfiguration["spec"]>["table"];

function remapTable(remoteCidr: string, remappedCidr: string): Table {
  const outgoing = {
    match: [
      { op: "eq", ip: { position: "dst", value: remappedCidr } },
      { op: "neq", dev: { position: "in", value: "eth0" } },
      { op: "neq", dev: { position: "in", value: "liqo-tunnel" } },
    ],
    name: "433bd6a0-394c-45cf-9db4-fb1011ac6a8d",
    natType: "dnat",
    to: remoteCidr,
  } as const;
  const incoming = {
    match: [
      { op: "neq", dev: { position: "out", value: "eth0" } },
      { op: "eq", ip: { position: "src", value: remoteCidr } },
      { op: "eq", dev: { position: "in", value: "liqo-tunnel" } },
    ],
    name: "990399a9-a756-4f69-90df-5a61abf9f997",
    natType: "snat",
    to: remappedCidr,
  } as const;
  const nat = { policy: "accept", type: "nat" } as const;
  return {
    family: "IPV4",
    name: "remap-podcidr",
    chains: [
      { ...nat, name: "outgoing", hook: "prerouting", priority: -100, rules: { natRules: [clone(outgoing)] } },
      { ...nat, name: "incoming", hook: "postrouting", priority: 100, rules: { natRules: [clone(incoming)] } },
    ],
  };
}

function bypassTable(name: string, podCidr: string, remappedCidr: string): Table {
  const rule = {
    match: [
      { op: "eq", ip: { position: "dst", value: remappedCidr } },
      { op: "eq", ip: { position: "src", value: podCidr } },
    ],
    name: "podcidr",
    natType: "snat",
    to: podCidr,
  } as const;
  return {
    family: "IPV4",
    name,
    chains: [
      {
        name: "pre-postrouting",
        hook: "postrouting",
        policy: "accept",
        priority: 99,
        rules: { natRules: [clone(rule)] },
        type: "nat",
      },
    ],
  };
}

/** Literals above are deeply readonly, objects of the API are not. */
function clone<T>(value: T): Mutable<T> {
  return structuredClone(value) as Mutable<T>;
}
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

const CLAMPING: Table = {
  family: "IPV4",
  name: "mss-clamping",
  chains: [
    {
      hook: "forward",
      name: "mss-clamping",
      policy: "accept",
      priority: 0,
      rules: {
        filterRules: [
          {
            action: "tcpmssclamp",
            counter: true,
            match: [{ dev: { position: "out", value: "liqo-tunnel" }, op: "eq", proto: { value: "tcp" } }],
            name: "mss-clamping-out",
            value: "0",
          },
        ],
      },
      type: "filter",
    },
  ],
};

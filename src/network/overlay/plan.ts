/**
 * The links between nodes and gateways: which there should be, and the `ip` commands that make it so.
 * Upstream: pkg/utils/network/geneve. Where the kernel has no Geneve the same links are VXLAN, so both ends must agree.
 */
import type { GeneveTunnel, InternalFabric, InternalNode } from "#api/networking/internal.ts";

export type OverlayKind = "geneve" | "vxlan";

export interface OverlayLink {
  readonly name: string;
  readonly id: number;
  /** Underlay address of the other end. */
  readonly remote: string;
  /** Overlay address of this end. */
  readonly address: string;
  readonly mtu: number;
}

/** As `ip -json -details address show` prints it. */
export interface KernelLink {
  readonly ifname: string;
  readonly mtu?: number;
  /** Its hardware address. */
  readonly address?: string;
  readonly flags?: readonly string[];
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: { readonly id?: number; readonly remote?: string; readonly port?: number };
  };
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

/** Upstream names all of its overlay links so; what carries the prefix and is not wanted is removed. */
export const LINK_PREFIX = "liqo.";
const DEFAULT_MTU = 1340;
const TX_QUEUE_LENGTH = 1000;

export interface OverlayObjects {
  readonly tunnels: readonly GeneveTunnel[];
  readonly fabrics: readonly InternalFabric[];
  readonly nodes: readonly InternalNode[];
}

/** The node's ends: one link to each gateway. */
export function nodeLinks(nodeName: string, objects: OverlayObjects): OverlayLink[] {
  return pairs(objects).flatMap(({ tunnel, fabric, node }) =>
    node.metadata?.name !== nodeName
      ? []
      : [
          {
            name: fabric.spec.interface.node.name,
            id: tunnel.spec.id,
            remote: fabric.spec.gatewayIP,
            address: node.spec.interface.node.ip,
            mtu: fabric.spec.mtu ?? DEFAULT_MTU,
          },
        ],
  );
}

/** The gateway's ends: one link to each node, once the node has said from which address it will come. */
export function gatewayLinks(gatewayNode: string, objects: OverlayObjects): OverlayLink[] {
  return pairs(objects).flatMap(({ tunnel, fabric, node }) => {
    const { local, remote } = node.status?.nodeIP ?? {};
    const address = node.metadata?.name === gatewayNode ? local : remote;
    if (address === undefined) return [];
    return [
      {
        name: node.spec.interface.gateway.name,
        id: tunnel.spec.id,
        remote: address,
        address: fabric.spec.interface.gateway.ip,
        mtu: fabric.spec.mtu ?? DEFAULT_MTU,
      },
    ];
  });
}

type Defined<T extends { spec?: unknown }> = T & { readonly spec: NonNullable<T["spec"]> };

function pairs({ tunnels, fabrics, nodes }: OverlayObjects): {
  tunnel: Defined<GeneveTunnel>;
  fabric: Defined<InternalFabric>;
  node: Defined<InternalNode>;
}[] {
  return tunnels.filter(isPresent).flatMap((tunnel) => {
    const { internalFabricRef, internalNodeRef } = tunnel.spec;
    const namespace = internalFabricRef.namespace ?? tunnel.metadata?.namespace;
    const fabric = fabrics
      .filter(isPresent)
      .find(({ metadata }) => metadata?.name === internalFabricRef.name && metadata?.namespace === namespace);
    const node = nodes.filter(isPresent).find(({ metadata }) => metadata?.name === internalNodeRef.name);
    return fabric === undefined || node === undefined ? [] : [{ tunnel, fabric, node }];
  });
}

function isPresent<T extends { metadata?: { deletionTimestamp?: string }; spec?: unknown }>(
  object: T,
): object is Defined<T> {
  return object.spec !== undefined && object.metadata?.deletionTimestamp === undefined;
}

export interface OverlayCommand {
  readonly line: string;
  readonly link: string;
  /** Takes the place of a command that this kernel refuses. */
  readonly otherwise?: readonly string[];
}

/**
 * Links that differ in what cannot be changed are made anew; the other end, addresses and MTU are changed in place, so that
 * routes over a link stay while a gateway takes over from another.
 */
export function planLinks(
  wanted: readonly OverlayLink[],
  present: readonly KernelLink[],
  options: { readonly kind: OverlayKind; readonly port: number; readonly hasArp: boolean },
): OverlayCommand[] {
  const ours = present.filter((link) => link.ifname.startsWith(LINK_PREFIX));
  const kept = ours.filter((link) => wanted.some((each) => each.name === link.ifname && isSame(each, link, options)));
  const removed = ours.filter((link) => !kept.includes(link));
  return [
    ...removed.map(({ ifname }) => ({ line: `link del dev ${ifname}`, link: ifname })),
    ...wanted.flatMap((link) => {
      const found = kept.find(({ ifname }) => ifname === link.name);
      const lines = found === undefined ? create(link, options) : adjust(link, found);
      const moved = found === undefined ? [] : move(link, found, options);
      return [...moved, ...lines.map((line) => ({ line, link: link.name }))];
    }),
  ];
}

// Not of one that is being asked for: what waits for the answer would be told that there is no way, and be refused.
const KNOWN_NEIGHBOURS = "nud reachable nud stale nud delay nud probe";

/** To another end. Neighbours learnt from the one before have its hardware addresses. */
function move(
  link: OverlayLink,
  present: KernelLink,
  options: { readonly kind: OverlayKind; readonly port: number; readonly hasArp: boolean },
): OverlayCommand[] {
  const { name, id, remote } = link;
  if (present.linkinfo?.info_data?.remote === remote) return [];
  const line = `link set dev ${name} type ${options.kind} id ${id} remote ${remote}`;
  const otherwise = [`link del dev ${name}`, ...create(link, options)];
  return [
    { line, link: name, otherwise },
    { line: `neigh flush dev ${name} ${KNOWN_NEIGHBOURS}`, link: name },
  ];
}

function isSame(
  wanted: OverlayLink,
  { linkinfo, flags = [] }: KernelLink,
  options: { readonly kind: OverlayKind; readonly port: number; readonly hasArp: boolean },
): boolean {
  const { id, port } = linkinfo?.info_data ?? {};
  const isLike = linkinfo?.info_kind === options.kind && id === wanted.id;
  return isLike && port === options.port && flags.includes("NOARP") !== options.hasArp;
}

function create(
  { name, id, remote, address, mtu }: OverlayLink,
  { kind, port, hasArp }: { readonly kind: OverlayKind; readonly port: number; readonly hasArp: boolean },
): string[] {
  // No outer checksum, which is geneve's default: a node's masquerade may rewrite the outer port, since the encapsulated
  // packet keeps kube-proxy's mark, and the kernel then spoils an offloaded checksum.
  const vxlanOnly = kind === "vxlan" ? " nolearning noudpcsum" : "";
  return [
    `link add name ${name} mtu ${mtu} txqueuelen ${TX_QUEUE_LENGTH} type ${kind} id ${id} remote ${remote} dstport ${port}${vxlanOnly}`,
    ...(hasArp ? [] : [`link set dev ${name} arp off`]),
    `link set dev ${name} address ${hardwareAddress(address)}`,
    `addr replace ${address}/32 dev ${name}`,
    `link set dev ${name} up`,
  ];
}

/** The same at all replicas of a gateway, so that its neighbours find the next one where the last one was. */
function hardwareAddress(address: string): string {
  const bytes = address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"));
  return ["02", "4c", ...bytes].join(":");
}

function adjust({ name, address, mtu }: OverlayLink, present: KernelLink): string[] {
  const addresses = (present.addr_info ?? []).map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  return [
    ...addresses.filter((each) => each !== `${address}/32`).map((each) => `addr del ${each} dev ${name}`),
    ...(addresses.includes(`${address}/32`) ? [] : [`addr replace ${address}/32 dev ${name}`]),
    ...(present.address === hardwareAddress(address)
      ? []
      : [`link set dev ${name} address ${hardwareAddress(address)}`]),
    ...(present.mtu === mtu ? [] : [`link set dev ${name} mtu ${mtu}`]),
    ...(present.flags?.includes("UP") === true ? [] : [`link set dev ${name} up`]),
  ];
}

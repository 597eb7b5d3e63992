/**
 * Who gets which address and which name in a lab: pure arithmetic over 198.18.0.0/15, which RFC 2544 reserves for test networks.
 * A lab owns a /20: its first /24 links host, lab and clusters; each following /24 is the node subnet of one cluster.
 */
import { createHash } from "node:crypto";
import { type Cidr, formatCidr, formatIpv4, mustParseCidr, nthAddress, overlaps } from "#base/cidr.ts";

const LAB_RANGE = mustParseCidr("198.18.0.0/15");
const LAB_PREFIX = 20;
/** A /20 holds sixteen /24; the first is for links. */
const MAX_CLUSTERS = 15;
const FIRST_NODE = 10;
const FIRST_LOAD_BALANCER = 200;
const LAST_LOAD_BALANCER = 250;
const MAX_NODES = FIRST_LOAD_BALANCER - FIRST_NODE;
const NAME = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;

export interface Link {
  readonly outer: string;
  readonly inner: string;
  readonly prefix: number;
}

export interface ClusterAddressing {
  readonly subnet: string;
  /** Address of the control-plane namespace on the node bridge; the API server listens there. */
  readonly gateway: string;
  readonly loadBalancerRange: { readonly first: string; readonly last: string };
  /** The link between the lab namespace (outer) and the control-plane namespace (inner). */
  readonly uplink: Link;
}

/** All /20 that a lab may take, beginning at a place that depends on its name so that labs seldom compete. */
export function candidateSubnets(labName: string, taken: readonly Cidr[]): string[] {
  const count = 2 ** (LAB_PREFIX - LAB_RANGE.prefix);
  const start = Number.parseInt(digest(labName).slice(0, 4), 16) % count;
  const all = Array.from({ length: count }, (_, index): Cidr => {
    const number = (start + index) % count;
    return { base: LAB_RANGE.base + number * 2 ** (32 - LAB_PREFIX), prefix: LAB_PREFIX };
  });
  return all.filter((subnet) => !taken.some((other) => other.prefix > 0 && overlaps(other, subnet))).map(formatCidr);
}

/** The link between the host (outer) and the lab namespace (inner). */
export function hostLink(labSubnet: string): Link {
  const lab = mustParseCidr(labSubnet);
  return { outer: nthAddress(lab, 1), inner: nthAddress(lab, 2), prefix: 30 };
}

/** Addresses of the cluster number `index`, counted from 0. */
export function clusterAddressing(labSubnet: string, index: number): ClusterAddressing {
  if (index < 0 || index >= MAX_CLUSTERS)
    throw new RangeError(`a lab holds ${MAX_CLUSTERS} clusters, not ${index + 1}`);
  const lab = mustParseCidr(labSubnet);
  const subnet: Cidr = { base: lab.base + (index + 1) * 256, prefix: 24 };
  const link = 16 + index * 4;
  return {
    subnet: formatCidr(subnet),
    gateway: nthAddress(subnet, 1),
    loadBalancerRange: { first: nthAddress(subnet, FIRST_LOAD_BALANCER), last: nthAddress(subnet, LAST_LOAD_BALANCER) },
    uplink: { outer: nthAddress(lab, link + 1), inner: nthAddress(lab, link + 2), prefix: 30 },
  };
}

/** Address of the node number `index`, counted from 0. */
export function nodeAddress(clusterSubnet: string, index: number): string {
  if (index < 0 || index >= MAX_NODES) throw new RangeError(`a cluster holds ${MAX_NODES} nodes, not ${index + 1}`);
  return nthAddress(mustParseCidr(clusterSubnet), FIRST_NODE + index);
}

/** The /24 of the cluster's pod CIDR that belongs to the node number `index`. */
export function nodePodCidr(podCidr: string, index: number): string {
  const cidr = mustParseCidr(podCidr);
  const base = cidr.base + index * 256;
  if (cidr.prefix > 24 || base > cidr.base + 2 ** (32 - cidr.prefix) - 256) {
    throw new RangeError(`pod CIDR ${podCidr} has no /24 for node number ${index + 1}`);
  }
  return `${formatIpv4(base)}/24`;
}

export function labNamespace(lab: string): string {
  return `${lab}-net`;
}

export function controlPlaneNamespace(lab: string, cluster: string): string {
  return `${lab}-${cluster}-cp`;
}

export function nodeNamespace(lab: string, cluster: string, node: string): string {
  return `${lab}-${cluster}-${node}`;
}

/** Name of the one link on the host: at most 15 characters, and different for each lab. */
export function hostLinkName(lab: string): string {
  return `lq${digest(lab).slice(0, 9)}`;
}

/** A hardware address made from an IPv4 address, as CNI plugins do. */
export function hardwareAddress(ip: string): string {
  const bytes = ip.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["0a", "58", ...bytes].join(":");
}

/** Refuses names that would not survive as part of a namespace's file name. */
export function checkName(what: string, name: string): void {
  if (!NAME.test(name)) {
    throw new TypeError(
      `${what} name "${name}": must be at most 32 lower-case letters, digits and dashes, such as "demo"`,
    );
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

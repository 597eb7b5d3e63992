/** Which addresses a cluster uses, as far as its objects tell. Pure. */
import type { Node } from "kubernetes-types/core/v1";
import type { Network } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { contains, overlaps, parseCidr, parseIpv4 } from "#base/cidr.ts";

export interface Range {
  /** `pod CIDR` */
  readonly what: string;
  readonly cidr: string;
}

const TYPES: Readonly<Record<string, string>> = {
  "pod-cidr": "pod CIDR",
  "service-cidr": "Service CIDR",
  "external-cidr": "external CIDR",
  "internal-cidr": "internal CIDR",
  reserved: "reserved subnet",
};

/** Those of the cluster itself, as IPAM has placed them. */
export function ownRanges(networks: readonly Network[]): Range[] {
  return networks.flatMap(({ metadata, spec, status }) => {
    const what = TYPES[metadata?.labels?.[labels.NETWORK_TYPE] ?? ""];
    const cidr = status?.cidr ?? spec?.cidr;
    return what === undefined || cidr === undefined ? [] : [{ what, cidr }];
  });
}

export interface NodeAddress {
  readonly node: string;
  readonly address: string;
}

/** IPv4, as Liqo's. */
export function nodeAddresses(nodes: readonly Node[]): NodeAddress[] {
  return nodes
    .filter((node) => !isVirtualNode(node))
    .flatMap(({ metadata, status }) =>
      (status?.addresses ?? [])
        .filter(({ address, type }) => type !== "Hostname" && parseIpv4(address) !== undefined)
        .map(({ address }) => ({ node: metadata?.name ?? "", address })),
    );
}

export function isInside(address: string | undefined, cidr: string): boolean {
  const [ip, block] = [parseIpv4(address ?? ""), parseCidr(cidr)];
  return ip !== undefined && block !== undefined && contains(block, ip);
}

export function doOverlap(a: string, b: string): boolean {
  const [first, second] = [parseCidr(a), parseCidr(b)];
  return first !== undefined && second !== undefined && overlaps(first, second);
}

/** Whether the second lies wholly in the first. */
export function holds(outer: string, inner: string): boolean {
  const [first, second] = [parseCidr(outer), parseCidr(inner)];
  return first !== undefined && second !== undefined && first.prefix <= second.prefix && contains(first, second.base);
}

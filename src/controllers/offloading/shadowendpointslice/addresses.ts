/**
 * Where endpoints of a consumer may lead. The consumer chooses the addresses, and whoever is let in by the provider's
 * network policies or firewalls as a pod would be sent there: to its API server, to another tenant's pods, to nodes.
 * Upstream lets all of them pass. Kubernetes: CVE-2021-25740, for users who may write EndpointSlices.
 */
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import { type Cidr, contains, isSpecial, parseIpv4 } from "#base/cidr.ts";
import type { DirectAddress } from "#forge/direct-connections.ts";
import { remapAddress, remapPodOf } from "#forge/networking/remap.ts";

/** Another peer of this cluster, whose pods a consumer's Service may have, too. */
export interface OtherPeer {
  readonly foreign: ForeignCluster | undefined;
  readonly configuration: Configuration;
}

export interface Surroundings {
  /** How this cluster sees the consumer; undefined: there is no network between the two. */
  readonly configuration: Configuration | undefined;
  /** Whether a pod of the consumer has the address here. */
  readonly hasPod: (address: string) => boolean;
  /** This cluster's id, which endpoints of the consumer's pods here have for their node. */
  readonly clusterId: string;
  /** This cluster's own CIDRs, and its nodes and API servers. */
  readonly own: readonly Cidr[];
  /** Undefined: there is no network with that cluster. */
  readonly otherPeer: (clusterId: string) => OtherPeer | undefined;
}

/** Where an address leads that the consumer says is another cluster's: undefined as for `placeAddress`. */
export function placeDirect({ address, clusterId, relayed }: DirectAddress, around: Surroundings): string | undefined {
  const other = around.otherPeer(clusterId);
  if (other !== undefined) return remapPodOf(other.configuration, address);
  return relayed === undefined ? undefined : placeAddress(relayed, around);
}

/**
 * The consumer's address as this cluster reaches it; undefined: not one that it may name. `nodeName`: of the endpoint; with
 * this cluster's id the address is one of a pod here, however much it looks like one of the consumer's.
 */
export function placeAddress(
  address: string,
  { configuration, hasPod, own, clusterId }: Surroundings,
  nodeName?: string,
): string | undefined {
  const ip = parseIpv4(address);
  if (ip === undefined) return undefined;
  if (nodeName === clusterId) return hasPod(address) ? address : undefined;
  const remapped = remapAddress(address, configuration);
  if (remapped !== undefined) return remapped;
  if (hasPod(address)) return address;
  // With a network everything of the consumer is in its CIDRs; without, it may be anywhere but in ours.
  const isOurs = own.some((cidr) => contains(cidr, ip));
  return configuration === undefined && !isSpecial(ip) && !isOurs ? address : undefined;
}

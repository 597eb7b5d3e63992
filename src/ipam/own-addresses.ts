/** Addresses of this cluster that lie in none of its CIDRs, and that no peer's CIDR may cover. */
import type { Node } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { isVirtualNode } from "#api/predicates.ts";
import { parseIpv4 } from "#base/cidr.ts";

/** The EndpointSlices of the API server. */
export const API_SERVER_SLICES = { namespace: "default", labelSelector: "kubernetes.io/service-name=kubernetes" };

/** IPv4 addresses, without those of virtual nodes, which are pods'. */
export function ownAddresses(
  all: readonly Node[],
  apiServers: readonly EndpointSlice[],
  apiServerUrl: string | undefined,
): string[] {
  const ofNodes = all
    .filter((node) => !isVirtualNode(node))
    .flatMap(({ status }) => (status?.addresses ?? []).map(({ address }) => address));
  const ofApiServers = apiServers.flatMap((slice) => (slice.endpoints ?? []).flatMap(({ addresses }) => addresses));
  const host = apiServerUrl === undefined ? undefined : URL.parse(apiServerUrl)?.hostname;
  const found = [...ofNodes, ...ofApiServers, ...(host === undefined ? [] : [host])];
  return [...new Set(found)].filter((address) => parseIpv4(address) !== undefined);
}

/** The Networks of the chart, which are this cluster's own, by what they are for. Upstream: pkg/utils/ipam (GetPodCIDR, GetExternalCIDR) */
import type { Network } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";

export type NetworkType = "pod-cidr" | "external-cidr" | "internal-cidr";

export function networksOfType(all: readonly Network[], type: NetworkType): Network[] {
  return all.filter(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === type);
}

/** Undefined until it has been allocated. */
export function cidrOfType(all: readonly Network[], type: NetworkType): string | undefined {
  return networksOfType(all, type)[0]?.status?.cidr;
}

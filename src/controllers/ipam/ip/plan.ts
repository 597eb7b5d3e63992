/** Which address an IP gets. Upstream: pkg/liqo-controller-manager/ipam/ip-controller */
import * as annotations from "#api/annotations.ts";
import type { IP } from "#api/ipam/ip.ts";
import type { Network } from "#api/ipam/network.ts";
import { mustParseCidr } from "#base/cidr.ts";
import { allocateAddress } from "#ipam/allocator.ts";
import { networksOfType } from "#ipam/own-networks.ts";

export interface Taken {
  readonly ips: readonly IP[];
  readonly networks: readonly Network[];
  /** By uid of the IP: what was given out a moment ago, be it in `ips` already or not. */
  readonly given: ReadonlyMap<string, string>;
}

export type Plan =
  /** Its Network has no CIDR yet. */
  | { readonly do: "wait" }
  | { readonly do: "settled" }
  | { readonly do: "full"; readonly network: Network; readonly cidr: string }
  | { readonly do: "give"; readonly network: Network; readonly cidr: string; readonly address: string };

export function planIp(ip: IP, { ips, networks, given }: Taken): Plan {
  const network = networkOf(ip, networks);
  const cidr = network?.status?.cidr;
  if (network === undefined || cidr === undefined) return { do: "wait" };
  if (ip.status?.ip !== undefined) return { do: "settled" };
  const used = new Set([...ips.flatMap(({ status }) => status?.ip ?? []), ...given.values()]);
  // A run from a stale cache must come to the same answer.
  const known = given.get(ip.metadata?.uid ?? "");
  const address = known ?? allocateAddress(mustParseCidr(cidr), network.spec?.preAllocated ?? 0, used);
  return address === undefined ? { do: "full", network, cidr } : { do: "give", network, cidr, address };
}

/** Whether it is one of the chart's, which go with the chart. */
export function isPreinstalled({ metadata }: IP): boolean {
  return metadata?.annotations?.[annotations.PREINSTALLED] !== undefined;
}

/** The Network that it names, the external CIDR otherwise. */
function networkOf(ip: IP, all: readonly Network[]): Network | undefined {
  const { name = "", namespace } = ip.spec?.networkRef ?? {};
  if (name === "") return networksOfType(all, "external-cidr")[0];
  return all.find(({ metadata }) => metadata?.name === name && metadata?.namespace === namespace);
}

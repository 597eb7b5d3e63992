/** Which CIDR a Network gets, and when: by its controller, and expected by `liqoctl ... --plan`. Upstream: pkg/liqo-controller-manager/ipam/network-controller, pkg/ipam */
import * as annotations from "#api/annotations.ts";
import type { Network } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Cidr, contains, formatCidr, mustParseCidr, parseCidr } from "#base/cidr.ts";
import { allocateCidr, DEFAULT_POOLS } from "./allocator.ts";
import { claimProblem } from "./claim.ts";

export interface Taken {
  readonly all: readonly Network[];
  /** By uid of the Network: what was given out a moment ago, be it in `all` already or not. */
  readonly given: ReadonlyMap<string, string>;
  /** Addresses of nodes and API servers. */
  readonly own: readonly string[];
}

export type Plan =
  /** It has its CIDR. */
  | { readonly do: "settled" }
  | { readonly do: "wait" }
  | { readonly do: "refuse"; readonly problem: string }
  | { readonly do: "give"; readonly cidr: string };

export function planNetwork(network: Network, taken: Taken): Plan {
  if (network.status?.cidr !== undefined) return { do: "settled" };
  // The cluster's own CIDRs come first, or a peer could be given one of them.
  const isOwnMissing = taken.all.some((other) => isPreinstalled(other) && other.status?.cidr === undefined);
  if (!isPreinstalled(network) && isOwnMissing) return { do: "wait" };
  const { cidr, problem } = chooseCidr(network, taken);
  return cidr === undefined ? { do: "refuse", problem } : { do: "give", cidr };
}

/** Whether it is one of the chart's, of this cluster itself. */
export function isPreinstalled({ metadata }: Network): boolean {
  const value = metadata?.annotations?.[annotations.PREINSTALLED];
  return value !== undefined && value !== "false";
}

function isFixed({ metadata }: Network): boolean {
  return metadata?.labels?.[labels.NETWORK_NOT_REMAPPED] !== undefined;
}

export type Choice =
  | { readonly cidr: string; readonly problem?: undefined }
  | { readonly cidr?: undefined; readonly problem: string };

/** A peer's CIDR is never placed where anything of this cluster is, nor outside of the pools: it could be anybody's there. */
export function chooseCidr(network: Network, { all, given, own }: Taken): Choice {
  const wanted = network.spec?.cidr ?? "";
  if (isFixed(network)) return { cidr: wanted };
  const problem = claimProblem(wanted);
  if (problem !== undefined) return { problem };
  const networks = all
    .filter((other) => other.metadata?.uid !== network.metadata?.uid)
    .flatMap((other) => {
      const placed = other.status?.cidr ?? given.get(other.metadata?.uid ?? "");
      return placed ?? (isFixed(other) ? (other.spec?.cidr ?? []) : []);
    });
  const used: Cidr[] = [...networks, ...own.map((address) => `${address}/32`)].flatMap((text) => parseCidr(text) ?? []);
  const claim = mustParseCidr(wanted);
  const pools = DEFAULT_POOLS.map(mustParseCidr);
  const isInPools = pools.some((pool) => pool.prefix <= claim.prefix && contains(pool, claim.base));
  if (!isInPools && !isPreinstalled(network)) used.push(claim);
  const found = allocateCidr(claim, used, pools);
  if (found === undefined) return { problem: `no free block of the size of ${wanted} in ${DEFAULT_POOLS.join(", ")}` };
  return { cidr: formatCidr(found) };
}

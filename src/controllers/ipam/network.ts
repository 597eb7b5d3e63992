/** Gives each Network its CIDR, remapped when it collides. One worker: allocations never race. Upstream: pkg/liqo-controller-manager/ipam/network-controller */

import * as annotations from "#api/annotations.ts";
import { NETWORK as FINALIZER } from "#api/finalizers.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Cidr, contains, formatCidr, mustParseCidr, parseCidr } from "#base/cidr.ts";
import { allocateCidr, DEFAULT_POOLS } from "#ipam/allocator.ts";
import { claimProblem } from "#ipam/claim.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Deps } from "../deps.ts";
import { OwnAddresses } from "../own-addresses.ts";

const RETRY_MS = 200;
// Nothing tells of a block that gets free.
const REFUSED_RETRY_MS = 60_000;

export function networkController(deps: Deps): Controller {
  const informer = deps.informers.for(networks);
  const own = new OwnAddresses(deps);
  const events = deps.events("network-controller");
  // What was given out a moment ago and the cache does not show yet.
  const given = new Map<string, string>();
  return {
    name: "network",
    watches: [watchFor(informer), ...own.watches],
    reconcile: async (ctx, key): Promise<Result> => {
      const network = informer.store.get(key);
      if (network === undefined) return DONE;
      const uid = network.metadata?.uid ?? "";
      if (network.metadata?.deletionTimestamp !== undefined) {
        given.delete(uid);
        await removeFinalizer(ctx, deps.client, networks, network, FINALIZER);
        return DONE;
      }
      if (!isPreinstalled(network)) await ensureFinalizer(ctx, deps.client, networks, network, FINALIZER);
      if (network.status?.cidr !== undefined) {
        given.delete(uid);
        return DONE;
      }
      // The cluster's own CIDRs come first, or a peer could be given one of them.
      if (
        !isPreinstalled(network) &&
        informer.store.list().some((other) => isPreinstalled(other) && other.status?.cidr === undefined)
      ) {
        return { requeueAfterMs: RETRY_MS };
      }
      const { cidr, problem } = chooseCidr(network, { all: informer.store.list(), given, own: own.list() });
      if (cidr === undefined) {
        events.warning(ctx, network, "CIDRRefused", problem);
        return { requeueAfterMs: REFUSED_RETRY_MS };
      }
      given.set(uid, cidr);
      await deps.client.patch(ctx, networks, key, "merge", { status: { cidr } }, { subresource: "status" });
      return DONE;
    },
  };
}

function isPreinstalled({ metadata }: Network): boolean {
  const value = metadata?.annotations?.[annotations.PREINSTALLED];
  return value !== undefined && value !== "false";
}

function isFixed({ metadata }: Network): boolean {
  return metadata?.labels?.[labels.NETWORK_NOT_REMAPPED] !== undefined;
}

export interface Taken {
  readonly all: readonly Network[];
  /** By uid of the Network. */
  readonly given: ReadonlyMap<string, string>;
  /** Addresses of nodes and API servers. */
  readonly own: readonly string[];
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

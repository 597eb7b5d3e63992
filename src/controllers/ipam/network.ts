/** Gives each Network its CIDR, remapped when it collides. One worker: allocations never race. Upstream: pkg/liqo-controller-manager/ipam/network-controller */

import * as annotations from "#api/annotations.ts";
import { NETWORK as FINALIZER } from "#api/finalizers.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Cidr, formatCidr, mustParseCidr, parseCidr } from "#base/cidr.ts";
import { allocateCidr, DEFAULT_POOLS } from "#ipam/allocator.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Deps } from "../deps.ts";

const RETRY_MS = 200;

export function networkController(deps: Deps): Controller {
  const informer = deps.informers.for(networks);
  // What was given out a moment ago and the cache does not show yet.
  const given = new Map<string, string>();
  return {
    name: "network",
    watches: [watchFor(informer)],
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
      const cidr = chooseCidr(network, informer.store.list(), given);
      if (cidr === undefined)
        throw new Error(
          `allocate Network ${key.namespace}/${key.name}: no free block of the size of ${network.spec?.cidr} in the pools`,
        );
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

function chooseCidr(network: Network, all: readonly Network[], given: ReadonlyMap<string, string>): string | undefined {
  const wanted = network.spec?.cidr ?? "";
  if (isFixed(network)) return wanted;
  const used: Cidr[] = all
    .filter((other) => other.metadata?.uid !== network.metadata?.uid)
    .flatMap((other) => {
      const own =
        other.status?.cidr ?? given.get(other.metadata?.uid ?? "") ?? (isFixed(other) ? other.spec?.cidr : undefined);
      return own === undefined ? [] : (parseCidr(own) ?? []);
    });
  const found = allocateCidr(mustParseCidr(wanted), used, DEFAULT_POOLS.map(mustParseCidr));
  return found === undefined ? undefined : formatCidr(found);
}

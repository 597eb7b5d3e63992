/** Gives each IP an address of the external CIDR (or of the Network it names). Upstream: pkg/liqo-controller-manager/ipam/ip-controller */

import * as annotations from "#api/annotations.ts";
import { IP as FINALIZER } from "#api/finalizers.ts";
import { type IP, ips } from "#api/ipam/ip.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { mustParseCidr } from "#base/cidr.ts";
import { allocateAddress } from "#ipam/allocator.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { keyOf } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";

/** One worker: addresses never race. */
export function ipController(deps: Deps): Controller {
  const informer = deps.informers.for(ips);
  const networkInformer = deps.informers.for(networks);
  const given = new Map<string, string>();
  return {
    name: "ip",
    watches: [
      watchFor(informer),
      watchMapped(networkInformer, () =>
        informer.store
          .list()
          .filter(({ status }) => status?.ip === undefined)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const ip = informer.store.get(key);
      if (ip === undefined) return DONE;
      const uid = ip.metadata?.uid ?? "";
      if (ip.metadata?.deletionTimestamp !== undefined) {
        given.delete(uid);
        await removeFinalizer(ctx, deps.client, ips, ip, FINALIZER);
        return DONE;
      }
      const network = networkOf(ip, networkInformer.store.list());
      const cidr = network?.status?.cidr;
      if (network === undefined || cidr === undefined) return DONE;
      if (ip.metadata?.annotations?.[annotations.PREINSTALLED] === undefined)
        await ensureFinalizer(ctx, deps.client, ips, ip, FINALIZER);
      if (ip.status?.ip !== undefined) {
        given.delete(uid);
        return DONE;
      }
      const used = new Set([...informer.store.list().flatMap(({ status }) => status?.ip ?? []), ...given.values()]);
      // A run from a stale cache must come to the same answer.
      const address = given.get(uid) ?? allocateAddress(mustParseCidr(cidr), network.spec?.preAllocated ?? 0, used);
      if (address === undefined)
        throw new Error(
          `allocate IP ${key.namespace}/${key.name}: Network ${network.metadata?.name} (${cidr}) is full`,
        );
      given.set(uid, address);
      const own = {
        [labels.IP_NETWORK_NAMESPACE]: network.metadata?.namespace ?? "",
        [labels.IP_NETWORK_NAME]: network.metadata?.name ?? "",
      };
      await deps.client.patch(ctx, ips, key, "merge", { metadata: { labels: own } });
      await deps.client.patch(ctx, ips, key, "merge", { status: { ip: address, cidr } }, { subresource: "status" });
      return DONE;
    },
  };
}

function networkOf(ip: IP, all: readonly Network[]): Network | undefined {
  const reference = ip.spec?.networkRef;
  if (reference?.name !== undefined && reference.name !== "") {
    return all.find(({ metadata }) => metadata?.name === reference.name && metadata?.namespace === reference.namespace);
  }
  return all.find(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === "external-cidr");
}

/**
 * Gives each IP an address of the external CIDR, or of the Network it names. Writes the status, a label and the finalizer of
 * IPs. One worker: addresses never race. Upstream: pkg/liqo-controller-manager/ipam/ip-controller
 */
import { IP as FINALIZER } from "#api/finalizers.ts";
import { type IP, ips } from "#api/ipam/ip.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { isPreinstalled, planIp } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly ips: Informer<IP>;
  readonly networks: Informer<Network>;
  /** By uid: what was given out a moment ago and the cache does not show yet. */
  readonly given: Map<string, string>;
}

export function ipController(deps: Deps): Controller {
  const work: Work = { deps, ips: deps.informers.for(ips), networks: deps.informers.for(networks), given: new Map() };
  const waiting = (): ObjectKey[] =>
    work.ips.store
      .list()
      .filter(({ status }) => status?.ip === undefined)
      .map(keyOf);
  return {
    name: "ip",
    watches: [watchFor(work.ips), watchMapped(work.networks, waiting)],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, given } = work;
  const ip = work.ips.store.get(key);
  if (ip === undefined) return DONE;
  const uid = ip.metadata?.uid ?? "";
  if (ip.metadata?.deletionTimestamp !== undefined) {
    given.delete(uid);
    await removeFinalizer(ctx, deps.client, ips, ip, FINALIZER);
    return DONE;
  }
  const plan = planIp(ip, { ips: work.ips.store.list(), networks: work.networks.store.list(), given });
  if (plan.do === "wait") return DONE;
  if (!isPreinstalled(ip)) await ensureFinalizer(ctx, deps.client, ips, ip, FINALIZER);
  if (plan.do === "settled") {
    given.delete(uid);
    return DONE;
  }
  const { name = "", namespace = "" } = plan.network.metadata ?? {};
  if (plan.do === "full") throw new Error(`allocate IP ${formatKey(key)}: Network ${name} (${plan.cidr}) is full`);
  given.set(uid, plan.address);
  const own = { [labels.IP_NETWORK_NAMESPACE]: namespace, [labels.IP_NETWORK_NAME]: name };
  await deps.client.patch(ctx, ips, key, "merge", { metadata: { labels: own } });
  const status = { ip: plan.address, cidr: plan.cidr };
  await deps.client.patch(ctx, ips, key, "merge", { status }, { subresource: "status" });
  return DONE;
}

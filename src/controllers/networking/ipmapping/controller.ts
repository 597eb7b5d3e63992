/**
 * Per IP: its NAT at every gateway. Writes FirewallConfigurations, and the finalizer of IPs.
 * Upstream: pkg/liqo-controller-manager/ipmapping
 */
import { IP_MAPPING as FINALIZER } from "#api/finalizers.ts";
import { type IP, ips } from "#api/ipam/ip.ts";
import type { Context } from "#base/context.ts";
import { forgeIpMapping } from "#forge/networking/firewall.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { TableWriter } from "../table-writer.ts";

interface Work {
  readonly deps: Deps;
  readonly ips: Informer<IP>;
  readonly writer: TableWriter;
}

export function ipMappingController(deps: Deps): Controller {
  const work: Work = { deps, ips: deps.informers.for(ips), writer: new TableWriter(deps) };
  return {
    name: "ip-mapping",
    watches: [watchFor(work.ips), ...work.writer.watches],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, { deps, ips: informer, writer }: Work, key: ObjectKey): Promise<Result> {
  const ip = informer.store.get(key);
  if (ip === undefined) return DONE;
  if (ip.metadata?.deletionTimestamp !== undefined) {
    await writer.deleteFirewall(ctx, forgeIpMapping(ip));
    await removeFinalizer(ctx, deps.client, ips, ip, FINALIZER);
    return DONE;
  }
  if (ip.status?.ip === undefined) return DONE;
  await ensureFinalizer(ctx, deps.client, ips, ip, FINALIZER);
  await writer.firewall(ctx, key, forgeIpMapping(ip));
  return DONE;
}

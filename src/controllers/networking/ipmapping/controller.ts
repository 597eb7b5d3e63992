/**
 * Per IP: its NAT at every gateway, and at every node if it is masqueraded. Writes FirewallConfigurations, and the finalizer of IPs.
 * Upstream: pkg/liqo-controller-manager/ipmapping
 */
import { IP_MAPPING as FINALIZER } from "#api/finalizers.ts";
import { type IP, ips } from "#api/ipam/ip.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import type { Context } from "#base/context.ts";
import { isWellKnownIp } from "#forge/ip.ts";
import { forgeIpMapping, forgeIpMasquerade } from "#forge/networking/firewall.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { TableWriter } from "../table-writer.ts";

interface Work {
  readonly deps: Deps;
  readonly ips: Informer<IP>;
  readonly firewalls: Informer<FirewallConfiguration>;
  readonly writer: TableWriter;
}

export function ipMappingController(deps: Deps): Controller {
  const { informers } = deps;
  const firewalls = informers.for(firewallConfigurations);
  const work: Work = { deps, ips: informers.for(ips), firewalls, writer: new TableWriter(deps) };
  return {
    name: "ip-mapping",
    watches: [watchFor(work.ips), ...work.writer.watches],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, ips: informer, writer } = work;
  const ip = informer.store.get(key);
  if (ip === undefined) return DONE;
  if (ip.metadata?.deletionTimestamp !== undefined) {
    await writer.deleteFirewall(ctx, forgeIpMapping(ip));
    await removeMasquerade(ctx, work, ip);
    await removeFinalizer(ctx, deps.client, ips, ip, FINALIZER);
    return DONE;
  }
  if (ip.status?.ip === undefined) return DONE;
  // Liqo's own go with the chart, when nobody is left to take a finalizer off: the table is owned by its IP.
  if (isWellKnownIp(ip)) await removeFinalizer(ctx, deps.client, ips, ip, FINALIZER);
  else await ensureFinalizer(ctx, deps.client, ips, ip, FINALIZER);
  await writer.firewall(ctx, key, forgeIpMapping(ip));
  if (ip.spec?.masquerade === true) await writer.firewall(ctx, key, forgeIpMasquerade(ip));
  else await removeMasquerade(ctx, work, ip);
  return DONE;
}

/** Few have one. */
async function removeMasquerade(ctx: Context, { firewalls, writer }: Work, ip: IP): Promise<void> {
  const table = forgeIpMasquerade(ip);
  if (firewalls.store.get(keyOf(table)) !== undefined) await writer.deleteFirewall(ctx, table);
}

/**
 * Keeps the IPs through which offloaded pods reach the home API server, and peers the proxy for in-band peering. Writes those
 * IPs. Upstream: pkg/utils/ipam/mapping/ips.go, once at the start
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type IP, ips } from "#api/ipam/ip.ts";
import type { Context } from "#base/context.ts";
import { forgeWellKnownIp, isWellKnownIp } from "#forge/ip.ts";
import { API_SERVER_PROXY } from "#forge/names.ts";
import { planIps } from "#forge/well-known-ips.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { endpointSlices, services } from "#machinery/builtin.ts";
import type { Deps } from "../../deps.ts";
import { ownedBy } from "../../ownership.ts";
import { ownDeployment, uninstallingProbe } from "../../uninstalling.ts";

const SERVICE = { namespace: "default", name: "kubernetes" };

interface Work {
  readonly deps: Deps;
  readonly apiServers: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly proxies: Informer<Service>;
  readonly ips: Informer<IP>;
  readonly deployments: Informer<Deployment>;
  readonly isUninstalling: () => boolean;
}

/** All there is to do is one piece of work. */
export function apiServerIpController(deps: Deps): Controller {
  const { informers, settings } = deps;
  const named = ({ namespace, name }: typeof SERVICE) => ({ namespace, fieldSelector: `metadata.name=${name}` });
  const work: Work = {
    deps,
    apiServers: informers.for(services, named(SERVICE)),
    slices: informers.for(endpointSlices, {
      namespace: SERVICE.namespace,
      labelSelector: `kubernetes.io/service-name=${SERVICE.name}`,
    }),
    proxies: informers.for(services, named(proxyService(deps))),
    ips: informers.for(ips),
    deployments: ownDeployment(deps),
    isUninstalling: uninstallingProbe(deps),
  };
  const all = () => [SERVICE];
  return {
    name: "api-server-ip",
    watches: [
      watchMapped(work.apiServers, all),
      ...(settings.apiServerIpUsesEndpointSlices ? [watchMapped(work.slices, all)] : []),
      watchMapped(work.proxies, all),
      // Asked only; nothing follows from a change.
      watchMapped(work.deployments, () => []),
      watchMapped(work.ips, (ip) => (isWellKnownIp(ip) ? [SERVICE] : [])),
    ],
    reconcile: (ctx) => reconcile(ctx, work),
  };
}

async function reconcile(ctx: Context, work: Work): Promise<Result> {
  const { client, settings } = work.deps;
  if (work.isUninstalling()) return DONE;
  const seen = {
    apiServer: work.apiServers.store.get(SERVICE),
    slices: work.slices.store.list(),
    proxy: settings.remapsApiServerProxy ? work.proxies.store.get(proxyService(work.deps)) : undefined,
    found: work.ips.store.list(settings.liqoNamespace).filter(isWellKnownIp),
  };
  const { create, remove } = planIps(seen, { usesEndpointSlices: settings.apiServerIpUsesEndpointSlices });
  for (const ip of remove) await client.deleteObserved(ctx, ips, ip);
  const [owner] = work.deployments.store.list();
  for (const ip of create)
    await client.createIfAbsent(ctx, ips, ownedBy(forgeWellKnownIp(settings.liqoNamespace, ip), owner));
  return DONE;
}

function proxyService({ settings }: Deps): typeof SERVICE {
  return { namespace: settings.liqoNamespace, name: API_SERVER_PROXY };
}

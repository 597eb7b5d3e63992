/**
 * Keeps the IP through which offloaded pods reach the home API server. Writes that one IP.
 * Upstream: pkg/liqo-controller-manager/ipam (api-server IP)
 */
import type { Service } from "kubernetes-types/core/v1";
import { ips } from "#api/ipam/ip.ts";
import type { Context } from "#base/context.ts";
import { API_SERVER_IP, forgeApiServerIp } from "#forge/ip.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { services } from "#machinery/builtin.ts";
import type { Deps } from "../../deps.ts";
import { uninstallingProbe } from "../../uninstalling.ts";

const SERVICE = { namespace: "default", name: "kubernetes" };

interface Work {
  readonly deps: Deps;
  readonly services: Informer<Service>;
  readonly isUninstalling: () => boolean;
}

export function apiServerIpController(deps: Deps): Controller {
  const scope = { namespace: SERVICE.namespace, fieldSelector: `metadata.name=${SERVICE.name}` };
  const work: Work = { deps, services: deps.informers.for(services, scope), isUninstalling: uninstallingProbe(deps) };
  return {
    name: "api-server-ip",
    watches: [
      watchFor(work.services),
      watchMapped(deps.informers.for(ips), ({ metadata }) => (metadata?.name === API_SERVER_IP ? [SERVICE] : [])),
    ],
    reconcile: (ctx) => reconcile(ctx, work),
  };
}

async function reconcile(ctx: Context, { deps, services: informer, isUninstalling }: Work): Promise<Result> {
  const address = informer.store.get(SERVICE)?.spec?.clusterIP;
  if (address === undefined || address === "None" || isUninstalling()) return DONE;
  await deps.client.createIfAbsent(ctx, ips, forgeApiServerIp(deps.settings.liqoNamespace, address));
  return DONE;
}

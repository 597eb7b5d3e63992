/**
 * An InternalFabric per gateway: what nodes need to reach it. Writes InternalFabrics. One worker, so that addresses never
 * race. Upstream: pkg/liqo-controller-manager/networking/internal-network/{server,client}-controller
 */
import { networks } from "#api/ipam/network.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { type InternalFabric, internalFabrics } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { type FabricInterface, forgeInternalFabric } from "#forge/networking/internal.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { newInterfaceName } from "../interface-name.ts";
import type { OverlayAddresses } from "../overlay-addresses.ts";
import { type Observed, planInternalFabric } from "./plan.ts";

interface Work {
  readonly applier: Applier;
  readonly addresses: OverlayAddresses;
  readonly fabrics: Informer<InternalFabric>;
  readonly observe: (key: ObjectKey) => Observed;
}

export function internalFabricController(deps: Deps, addresses: OverlayAddresses): Controller {
  const servers = deps.informers.for(gatewayServers);
  const clients = deps.informers.for(gatewayClients);
  const configs = deps.informers.for(configurations);
  const fabrics = deps.informers.for(internalFabrics);
  const gatewaysIn = (namespace?: string): ObjectKey[] =>
    [...servers.store.list(namespace), ...clients.store.list(namespace)].map(keyOf);
  const observe = (key: ObjectKey): Observed => ({
    gateway: servers.store.get(key) ?? clients.store.get(key),
    configurations: configs.store.list(key.namespace),
  });
  const work: Work = { applier: new Applier(deps.client), addresses, fabrics, observe };
  return {
    name: "internalfabric",
    watches: [
      watchFor(servers),
      watchFor(clients),
      watchFor(fabrics),
      watchMapped(configs, ({ metadata }: Configuration) => gatewaysIn(metadata?.namespace)),
      // There are no addresses before the internal CIDR is allocated.
      watchMapped(deps.informers.for(networks), () => gatewaysIn()),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const plan = planInternalFabric(work.observe(key));
  if (plan.do === "nothing") return DONE;
  const cached = work.fabrics.store.get(key);
  const own = cached?.spec?.interface ?? newInterface(work.addresses.next(formatKey(key)));
  if (own === undefined) return DONE;
  const wanted = forgeInternalFabric(plan.gateway, plan.configuration, own);
  await work.applier.applyIfChanged(ctx, internalFabrics, { cached, wanted });
  return DONE;
}

function newInterface(ip: string | undefined): FabricInterface | undefined {
  return ip === undefined ? undefined : { gateway: { ip }, node: { name: newInterfaceName() } };
}

/**
 * Per Configuration: NAT at the gateway, masquerade bypass on nodes, routes into the tunnel. Writes FirewallConfigurations
 * and RouteConfigurations. Upstream: pkg/liqo-controller-manager/networking/external-network/{remapping,route}
 */
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { TableWriter } from "../table-writer.ts";
import { type Observed, planPeerTables } from "./plan.ts";

interface Work {
  readonly writer: TableWriter;
  readonly observe: (key: ObjectKey) => Observed;
}

export function peerTablesController(deps: Deps): Controller {
  const informer = deps.informers.for(configurations);
  const nodes = deps.informers.for(internalNodes);
  const servers = deps.informers.for(gatewayServers);
  const clients = deps.informers.for(gatewayClients);
  const writer = new TableWriter(deps);
  const all = () => informer.store.list().map(keyOf);
  const observe = (key: ObjectKey): Observed => ({
    configuration: informer.store.get(key),
    nodes: nodes.store.list(),
    servers: servers.store.list(key.namespace),
    clients: clients.store.list(key.namespace),
    masqueradesPods: deps.settings.masqueradesPods,
  });
  return {
    name: "peer-tables",
    watches: [
      watchFor(informer),
      watchMapped(nodes, all),
      watchMapped(servers, all),
      watchMapped(clients, all),
      ...writer.watches,
    ],
    reconcile: (ctx, key) => reconcile(ctx, { writer, observe }, key),
  };
}

async function reconcile(ctx: Context, { writer, observe }: Work, key: ObjectKey): Promise<Result> {
  const plan = planPeerTables(observe(key));
  for (const table of plan.firewalls) await writer.firewall(ctx, key, table);
  for (const table of plan.routes) await writer.routes(ctx, key, table);
  return DONE;
}

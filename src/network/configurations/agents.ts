/** The two agents that gateways and fabric share: policy routing and nftables, for what concerns this place. */

import * as finalizers from "#api/finalizers.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { FIREWALL_LABELS, isSelected, type Place, ROUTE_LABELS } from "#forge/networking/selection.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { firewallApplier } from "../nftables/firewall.ts";
import { routeApplier } from "../route/routes.ts";
import type { TunnelWays } from "../route/spread.ts";
import type { Loop } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { configurationAgent } from "./agent.ts";

export interface AgentsOptions {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly machine: Machine;
  readonly place: Place;
  readonly host: string;
  readonly restoresDrift: boolean;
  /** Of routing rules that name none. */
  readonly rulePriority?: number;
  /** Where there are tunnels. */
  readonly ways?: () => TunnelWays;
  /** Whether another host of that name lives; makes this host guard its state by finalizers. */
  readonly isLive?: (host: string) => Promise<boolean>;
  /** Called whenever the tables of nftables were applied. */
  readonly tablesApplied?: () => void;
  /** Called whenever rules and routes were. */
  readonly routesApplied?: () => void;
  /** Whether this host writes conditions. Default: always. */
  readonly reports?: () => boolean;
}

export interface Agents {
  readonly routes: Loop;
  readonly firewall: Loop;
  readonly isSynced: () => boolean;
  /** Of nftables, those that concern this place. */
  readonly tables: () => readonly FirewallConfiguration[];
}

export function configurationAgents(options: AgentsOptions): Agents {
  const { client, events, host, machine, place, isLive } = options;
  const { category } = place;
  const { tools, clock } = machine;
  const { rulePriority: priority, ways } = options;
  const routing = { ...(priority !== undefined && { priority }), ...(ways !== undefined && { ways }) };
  const routes = options.informers.for<RouteConfiguration>(routeConfigurations, {
    labelSelector: `${ROUTE_LABELS.category}=${category}`,
  });
  const firewall = options.informers.for<FirewallConfiguration>(firewallConfigurations, {
    labelSelector: `${FIREWALL_LABELS.category}=${category}`,
  });
  const guard = (name: string): { finalizer?: { name: string; isLive(host: string): Promise<boolean> } } =>
    isLive === undefined ? {} : { finalizer: { name, isLive } };
  const reports = options.reports === undefined ? {} : { reports: options.reports };
  return {
    isSynced: () => routes.isSynced && firewall.isSynced,
    tables: () => firewall.store.list().filter((object) => isSelected(place, FIREWALL_LABELS, object)),
    routes: configurationAgent<RouteConfiguration>({
      ...{ client, events, host, clock, informer: routes, applier: routeApplier(tools, routing) },
      ...guard(finalizers.ROUTE_CONFIGURATION),
      ...reports,
      ...(options.routesApplied !== undefined && { applied: options.routesApplied }),
      eventReason: "RouteConfigurationUpdate",
      isSelected: (object) => isSelected(place, ROUTE_LABELS, object),
    }),
    firewall: configurationAgent<FirewallConfiguration>({
      ...{ client, events, host, clock, informer: firewall },
      applier: firewallApplier(tools, { restoresDrift: options.restoresDrift }),
      ...guard(finalizers.FIREWALL_CONFIGURATION),
      ...reports,
      eventReason: "FirewallConfigurationUpdate",
      ...(options.tablesApplied !== undefined && { applied: options.tablesApplied }),
      isSelected: (object) => isSelected(place, FIREWALL_LABELS, object),
    }),
  };
}

/** What each of the two clusters says of the way to the other one. */
import type { Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy } from "kubernetes-types/networking/v1";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import {
  type GeneveTunnel,
  geneveTunnels,
  type InternalFabric,
  type InternalNode,
  internalFabrics,
  internalNodes,
} from "#api/networking/internal.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { FABRIC_SELECTOR, GATEWAY_SELECTOR } from "#forge/networking/names.ts";
import { namespaces, networkPolicies, pods } from "#machinery/builtin.ts";
import { isTerminating } from "#machinery/pod.ts";
import { connectionState } from "#trust/connection.ts";
import type { Cluster } from "../cluster.ts";

export type SideName = "home" | "away";

export interface SideObjects {
  /** Its own id, and the one that it has for the other cluster. */
  readonly id: string;
  readonly peer: string;
  readonly configuration: Configuration | undefined;
  readonly fabric: InternalFabric | undefined;
  readonly nodes: readonly InternalNode[];
  readonly tunnels: readonly GeneveTunnel[];
  readonly connection: Connection | undefined;
  /** Of the Connection, as far as it may be believed. */
  readonly connectionState: string | undefined;
  readonly routes: readonly RouteConfiguration[];
  readonly firewalls: readonly FirewallConfiguration[];
  /** The one in charge, if any. */
  readonly gateway: Pod | undefined;
  /** Of nodes. */
  readonly fabrics: readonly Pod[];
  /** Of the namespace of the pods. */
  readonly policies: readonly NetworkPolicy[];
}

export interface SideQuestion {
  readonly id: string;
  readonly peer: string;
  /** Where the pods lie there. */
  readonly namespace: string;
}

export async function askSide(
  ctx: Context,
  { client, liqoNamespace }: Cluster,
  { id, peer, namespace: podNamespace }: SideQuestion,
): Promise<SideObjects> {
  const ofPeer = `${labels.REMOTE_CLUSTER_ID}=${peer}`;
  const tenants = await client.list(ctx, namespaces, { labelSelector: `${ofPeer},${labels.TENANT_NAMESPACE}=true` });
  const namespace = tenants.items[0]?.metadata?.name ?? `liqo-tenant-${peer}`;
  const [own, fabric, nodes, tunnels, connection, routes, firewalls, gateways, fabrics, policies] = await Promise.all([
    client.list(ctx, configurations, { namespace, labelSelector: ofPeer }),
    client.list(ctx, internalFabrics, { namespace, labelSelector: ofPeer }),
    client.list(ctx, internalNodes),
    client.list(ctx, geneveTunnels, { namespace }),
    client.list(ctx, connections, { namespace, labelSelector: ofPeer }),
    client.list(ctx, routeConfigurations),
    client.list(ctx, firewallConfigurations),
    client.list(ctx, pods, { namespace, labelSelector: GATEWAY_SELECTOR }),
    client.list(ctx, pods, { namespace: liqoNamespace, labelSelector: FABRIC_SELECTOR }),
    client.list(ctx, networkPolicies, { namespace: podNamespace }),
  ]);
  return {
    id,
    peer,
    configuration: own.items[0],
    fabric: fabric.items[0],
    nodes: nodes.items,
    tunnels: tunnels.items,
    connection: connection.items[0],
    connectionState: connectionState(connection.items[0]?.status, systemClock.epochMs()),
    routes: routes.items,
    firewalls: firewalls.items,
    gateway: inCharge(gateways.items),
    fabrics: fabrics.items,
    policies: policies.items,
  };
}

function inCharge(gateways: readonly Pod[]): Pod | undefined {
  const running = gateways.filter((pod) => !isTerminating(pod) && pod.status?.phase === "Running");
  return running.find(({ metadata }) => metadata?.labels?.[labels.GATEWAY_ACTIVE] === "true") ?? running[0];
}

/** The tables of one peering. Upstream: pkg/liqo-controller-manager/networking/external-network/{remapping,route} */
import type { Configuration } from "#api/networking/configuration.ts";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { InternalNode } from "#api/networking/internal.ts";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import { forgeMasqueradeBypass, forgeRemapFirewall } from "#forge/networking/firewall.ts";
import { forgeGatewayRoutes } from "#forge/networking/routes.ts";
import { byName } from "../by-name.ts";
import { isConfigured } from "../configuration/status.ts";

export interface Observed {
  readonly configuration: Configuration | undefined;
  readonly nodes: readonly InternalNode[];
  /** Those of the Configuration's namespace. */
  readonly servers: readonly GatewayServer[];
  readonly clients: readonly GatewayClient[];
  readonly masqueradesPods: boolean;
}

export interface Plan {
  readonly firewalls: readonly FirewallConfiguration[];
  readonly routes: readonly RouteConfiguration[];
}

const NOTHING: Plan = { firewalls: [], routes: [] };

/** Routes follow once there is a gateway, and nodes behind it. */
export function planPeerTables({ configuration, nodes, servers, clients, masqueradesPods }: Observed): Plan {
  if (configuration === undefined || configuration.metadata?.deletionTimestamp !== undefined) return NOTHING;
  if (!isConfigured(configuration)) return NOTHING;
  const firewalls = [
    forgeRemapFirewall(configuration, "pod"),
    forgeRemapFirewall(configuration, "external"),
    forgeMasqueradeBypass(configuration, masqueradesPods),
  ];
  const mode = servers.length > 0 ? "Server" : clients.length > 0 ? "Client" : undefined;
  if (mode === undefined || nodes.length === 0) return { firewalls, routes: [] };
  return { firewalls, routes: [forgeGatewayRoutes(configuration, byName(nodes), mode)] };
}

/** The one list of Liqo's 28 kinds, and of one more. */
import { identities } from "./authentication/identity.ts";
import { renews } from "./authentication/renew.ts";
import { resourceSlices } from "./authentication/resourceslice.ts";
import { tenants } from "./authentication/tenant.ts";
import { foreignClusters } from "./core/foreigncluster.ts";
import { ips } from "./ipam/ip.ts";
import { networks } from "./ipam/network.ts";
import { configurations } from "./networking/configuration.ts";
import { connections } from "./networking/connection.ts";
import { firewallConfigurations } from "./networking/firewallconfiguration.ts";
import { gatewayClients } from "./networking/gatewayclient.ts";
import { gatewayServers } from "./networking/gatewayserver.ts";
import { geneveTunnels, internalFabrics, internalNodes } from "./networking/internal.ts";
import { publicKeys } from "./networking/publickey.ts";
import { routeConfigurations } from "./networking/routeconfiguration.ts";
import {
  wgGatewayClients,
  wgGatewayClientTemplates,
  wgGatewayServers,
  wgGatewayServerTemplates,
} from "./networking/wggateway.ts";
import { namespaceMaps, namespaceOffloadings } from "./offloading/namespace.ts";
import { quotas } from "./offloading/quota.ts";
import { shadowEndpointSlices, shadowNetworkPolicies, shadowPods } from "./offloading/shadow.ts";
import { virtualNodes, vkOptionsTemplates } from "./offloading/virtualnode.ts";
import type { Kind } from "./schema/kind.ts";

/** Their object types differ; generation needs only the CRD parts. */
export const allKinds: readonly Omit<Kind, "_object">[] = [
  foreignClusters,
  tenants,
  identities,
  resourceSlices,
  renews,
  networks,
  ips,
  configurations,
  connections,
  gatewayServers,
  gatewayClients,
  publicKeys,
  wgGatewayServers,
  wgGatewayClients,
  wgGatewayServerTemplates,
  wgGatewayClientTemplates,
  internalFabrics,
  internalNodes,
  geneveTunnels,
  routeConfigurations,
  firewallConfigurations,
  namespaceOffloadings,
  namespaceMaps,
  virtualNodes,
  vkOptionsTemplates,
  shadowPods,
  shadowEndpointSlices,
  shadowNetworkPolicies,
  quotas,
];

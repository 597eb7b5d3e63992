/** What this cluster has of one peer, object by object, and what the peer has of it. Read once, in parallel. */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Namespace, Node, Pod, Secret } from "kubernetes-types/core/v1";
import { type Identity, identities } from "#api/authentication/identity.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import { type InternalFabric, internalFabrics } from "#api/networking/internal.ts";
import { type PublicKey, publicKeys } from "#api/networking/publickey.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { type NamespaceMap, namespaceMaps } from "#api/offloading/namespace.ts";
import { type Quota, quotas } from "#api/offloading/quota.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { controlPlaneIdentityName, kubeconfigSecretName } from "#forge/names.ts";
import { GATEWAY_SELECTOR } from "#forge/networking/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { ListOptions } from "#kube/client/options.ts";
import { leases, namespaces, nodes, pods, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type Access, askProvider } from "./provider.ts";
import { look, type Seen, visible } from "./seen.ts";

/** At the provider, in the tenant namespace that it has for this cluster. */
export interface PeerRemote {
  readonly slices: Seen<readonly ResourceSlice[]>;
  readonly maps: Seen<readonly NamespaceMap[]>;
  /** For administrators there. */
  readonly tenants: Seen<readonly Tenant[]>;
  readonly quotas: Seen<readonly Quota[]>;
}

export interface PeerFacts {
  readonly id: string;
  readonly nowMs: number;
  readonly peer: Seen<ForeignCluster | undefined>;
  readonly tenantNamespaces: Seen<readonly Namespace[]>;
  readonly tenants: Seen<readonly Tenant[]>;
  readonly identities: Seen<readonly Identity[]>;
  /** Of the tenant namespace. */
  readonly secrets: Seen<readonly Secret[]>;
  readonly slices: Seen<readonly ResourceSlice[]>;
  readonly configurations: Seen<readonly Configuration[]>;
  readonly networks: Seen<readonly Network[]>;
  readonly servers: Seen<readonly GatewayServer[]>;
  readonly clients: Seen<readonly GatewayClient[]>;
  readonly publicKeys: Seen<readonly PublicKey[]>;
  readonly gatewayPods: Seen<readonly Pod[]>;
  readonly connections: Seen<readonly Connection[]>;
  readonly fabrics: Seen<readonly InternalFabric[]>;
  /** What nodes and gateways are to have in their kernels, and whether they have it. */
  readonly firewalls: Seen<readonly FirewallConfiguration[]>;
  readonly routes: Seen<readonly RouteConfiguration[]>;
  readonly virtualNodes: Seen<readonly VirtualNode[]>;
  readonly kubelets: Seen<readonly Pod[]>;
  readonly nodes: Seen<readonly Node[]>;
  readonly leases: Seen<readonly Lease[]>;
  readonly maps: Seen<readonly NamespaceMap[]>;
  readonly remote: Seen<PeerRemote>;
}

export async function askPeer(ctx: Context, access: Access, id: string): Promise<PeerFacts> {
  const { client } = access.home;
  const labelSelector = `${labels.REMOTE_CLUSTER_ID}=${id}`;
  const of = lister(ctx, client);
  const tenantNamespaces = await of(namespaces, { labelSelector: `${labelSelector},${labels.TENANT_NAMESPACE}=true` });
  // Where none was made, nothing lies in it.
  const namespace = visible(tenantNamespaces)?.[0]?.metadata?.name ?? `liqo-tenant-${id}`;
  // What is labelled for a peer and lies elsewhere may be anybody's.
  const all = { labelSelector, namespace };
  const own = await together({
    peer: look(client.find(ctx, foreignClusters, { name: id })),
    tenants: of(tenants, all),
    identities: of(identities, all),
    secrets: of(secrets, { namespace }),
    slices: of(resourceSlices, all),
    configurations: of(configurations, all),
    networks: of(networks, { namespace }),
    servers: of(gatewayServers, all),
    clients: of(gatewayClients, all),
    publicKeys: of(publicKeys, { namespace }),
    gatewayPods: of(pods, { namespace, labelSelector: GATEWAY_SELECTOR }),
    connections: of(connections, all),
    fabrics: of(internalFabrics, all),
    firewalls: of(firewallConfigurations, { namespace }),
    routes: of(routeConfigurations, { namespace }),
    virtualNodes: of(virtualNodes, all),
    kubelets: of(pods, { namespace, labelSelector: `${labelSelector},${labels.VIRTUAL_NODE}` }),
    nodes: of(nodes, { labelSelector: `${labelSelector},${labels.TYPE}=${labels.TYPE_VIRTUAL_NODE}` }),
    leases: of(leases, { namespace: "kube-node-lease" }),
    maps: of(namespaceMaps, all),
  });
  const there = visible(own.identities)?.find(({ spec }) => spec?.type === "ControlPlane")?.spec?.namespace;
  const secret = { namespace, name: kubeconfigSecretName(controlPlaneIdentityName(id)) };
  const remote = await askProvider(ctx, access, { id, secret }, (limited, asked) => askRemote(limited, asked, there));
  return { id, nowMs: systemClock.epochMs(), tenantNamespaces, ...own, remote };
}

async function askRemote(ctx: Context, client: KubeClient, namespace: string | undefined): Promise<PeerRemote> {
  if (namespace === undefined) throw new Error("it has given this cluster no identity");
  const of = lister(ctx, client);
  const [slices, maps, own, limits] = await Promise.all([
    of(resourceSlices, { namespace }),
    of(namespaceMaps, { namespace }),
    of(tenants, { namespace }),
    of(quotas, { namespace }),
  ]);
  return { slices, maps, tenants: own, quotas: limits };
}

export function lister(ctx: Context, client: KubeClient) {
  return <T>(resource: Resource<T>, options: ListOptions = {}): Promise<Seen<readonly T[]>> =>
    look(client.list(ctx, resource, options).then(({ items }) => items));
}

/** As Promise.all, by name. */
export async function together<T extends Readonly<Record<string, unknown>>>(
  asked: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const entries = Object.entries(asked).map(async ([name, value]) => [name, await value] as const);
  return Object.fromEntries(await Promise.all(entries)) as T;
}

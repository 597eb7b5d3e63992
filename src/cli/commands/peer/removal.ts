/** What unpeering removes at one cluster, in the order in which nothing is lost. */
import { identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { NONCE_SECRET, SIGNED_NONCE_SECRET } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { namespaces, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { CONTROL_PLANE_SELECTOR } from "#trust/control-plane-secret.ts";
import { type Cluster, waitFor, waitForNone } from "../../cluster.ts";
import type { Printer, Scope } from "../../printer/printer.ts";
import { giveUpWhenSilent } from "./gone.ts";
import { ofPeer } from "./peer.ts";

/** A cluster that answers, and its namespace for the peer. */
export interface Side {
  readonly scope: Scope;
  readonly cluster: Cluster;
  readonly peerId: string;
  readonly namespace: string;
}

export interface RemovalOptions {
  readonly timeoutMs: number;
  /** For the network and the namespaces; what comes before must be gone for them to go. */
  readonly wait: boolean;
}

type Kinds = readonly Resource<KubeObject>[];

/** At a consumer: the use of the provider. One that is silent for 10 s meanwhile is given up. */
export async function removeUse(ctx: Context, printer: Printer, side: Side, options: RemovalOptions): Promise<void> {
  const { cluster, peerId, namespace, scope } = side;
  const { client } = cluster;
  // What the peer has replicated hither belongs to the peering in the other direction.
  const own = { namespace, labelSelector: `${ofPeer(peerId)},${labels.REPLICATED}!=true` };
  const meanwhile = giveUpWhenSilent(ctx, cluster, peerId);
  const noneOf = async (kinds: Kinds, which: { namespace: string; labelSelector?: string }): Promise<void> => {
    for (const resource of kinds) await waitForNone(ctx, client, resource, which, options.timeoutMs, meanwhile);
  };
  await printer.step(scope, "Pods brought home, virtual nodes removed", async () => {
    await removeAll(ctx, client, resourceSlices, own);
    await removeAll(ctx, client, virtualNodes, own);
    await noneOf([virtualNodes, resourceSlices], own);
  });
  await printer.step(scope, "Identity removed", async () => {
    await removeAll(ctx, client, identities, own);
    await noneOf([identities], own);
    // They wait for the peer, and with its identity the last means of telling it anything goes.
    const sent = `${labels.REPLICATION}=true,${labels.REMOTE_ID}=${peerId},${labels.REPLICATED}!=true`;
    await noneOf([namespaceMaps, renews], { namespace, labelSelector: sent });
    await noneOf([secrets], { namespace, labelSelector: `${CONTROL_PLANE_SELECTOR},${ofPeer(peerId)}` });
    await client.deleteIfPresent(ctx, secrets, { namespace, name: SIGNED_NONCE_SECRET });
  });
}

/** At a provider: the consumer's account, and with it all that it has asked for. */
export async function removeTenant(ctx: Context, printer: Printer, side: Side, options: RemovalOptions): Promise<void> {
  const { cluster, peerId, namespace, scope } = side;
  await printer.step(scope, "Tenant removed", async () => {
    const own = { labelSelector: ofPeer(peerId), namespace };
    await removeAll(ctx, cluster.client, tenants, own);
    await waitForNone(ctx, cluster.client, tenants, own, options.timeoutMs);
    await cluster.client.deleteIfPresent(ctx, secrets, { namespace, name: NONCE_SECRET });
  });
}

export async function resetNetwork(ctx: Context, side: Side, { timeoutMs, wait }: RemovalOptions): Promise<void> {
  const { client } = side.cluster;
  const own = { namespace: side.namespace };
  for (const resource of [gatewayClients, gatewayServers, configurations] as Kinds) {
    await removeAll(ctx, client, resource, own);
    if (wait) await waitForNone(ctx, client, resource, own, timeoutMs);
  }
  if (!wait) return;
  // They go with the configuration, by garbage collection: until then `liqoctl uninstall` would find Liqo in use.
  for (const resource of [ips, networks] as Kinds) await waitForNone(ctx, client, resource, own, timeoutMs);
}

/** With the ForeignCluster, which nobody else removes. */
export async function removeNamespace(ctx: Context, side: Side, { timeoutMs, wait }: RemovalOptions): Promise<void> {
  const { client } = side.cluster;
  const key = { name: side.namespace };
  await client.deleteIfPresent(ctx, namespaces, key);
  const isGone = { until: (found: unknown) => found === undefined, timeoutMs, what: "the namespace is not gone" };
  if (wait) await waitFor(ctx, client, namespaces, key, isGone);
  await client.deleteIfPresent(ctx, foreignClusters, { name: side.peerId });
}

async function removeAll(
  ctx: Context,
  client: KubeClient,
  resource: Resource<KubeObject>,
  scope: { namespace: string; labelSelector?: string },
): Promise<void> {
  const { items } = await client.list(ctx, resource, scope);
  for (const item of items) await client.deleteIfPresent(ctx, resource, keyOf(item));
}

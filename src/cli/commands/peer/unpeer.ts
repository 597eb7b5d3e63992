/** `liqoctl unpeer`: gives everything back, in the order in which nothing is lost. Upstream: pkg/liqoctl/unpeer */

import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { NONCE_SECRET, SIGNED_NONCE_SECRET } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { namespaces, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { type Need, requireRights } from "../../checks/rights.ts";
import { type Cluster, clusterIdOf, waitFor, waitForNone } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import { findTenantNamespace } from "../../tenant.ts";
import { isBidirectional, ofPeer } from "./peer.ts";

export interface UnpeerOptions {
  readonly timeoutMs: number;
  readonly deleteNamespaces: boolean;
  /** For the network and the namespaces; what comes before must be gone for them to go. */
  readonly wait: boolean;
}

export async function unpeer(
  ctx: Context,
  printer: Printer,
  local: Cluster,
  remote: Cluster,
  options: UnpeerOptions,
): Promise<void> {
  const [consumerId, providerId] = await Promise.all([clusterIdOf(ctx, local), clusterIdOf(ctx, remote)]);
  const bidirectional = await isBidirectional(ctx, local, providerId);
  if (bidirectional && options.deleteNamespaces)
    throw new CliError(`${providerId} uses resources of ${consumerId} too: the tenant namespaces are still in use`, {
      hint: "leave --delete-namespaces out, or unpeer in the other direction first",
    });
  const localNamespace = await findTenantNamespace(ctx, local.client, providerId);
  const remoteNamespace = await findTenantNamespace(ctx, remote.client, consumerId);
  if (localNamespace === undefined && remoteNamespace === undefined) {
    printer.success("global", `${consumerId} and ${providerId} are not peered`);
    return;
  }
  await Promise.all([
    requireRights(ctx, local, deletions(localNamespace, [resourceSlices, virtualNodes, identities, configurations])),
    requireRights(ctx, remote, deletions(remoteNamespace, [tenants, configurations])),
  ]);
  // What the peer has replicated hither belongs to the peering in the other direction.
  const scope = { labelSelector: `${ofPeer(providerId)},${labels.REPLICATED}!=true` };
  const timeoutMs = options.timeoutMs;
  if (localNamespace !== undefined) {
    const own = { ...scope, namespace: localNamespace };
    await printer.step("local", "Pods brought home, virtual nodes removed", async () => {
      await removeAll(ctx, local.client, resourceSlices, own);
      await removeAll(ctx, local.client, virtualNodes, own);
      await waitForNone(ctx, local.client, virtualNodes, own, timeoutMs);
      await waitForNone(ctx, local.client, resourceSlices, own, timeoutMs);
    });
    await printer.step("local", "Identity removed", async () => {
      await removeAll(ctx, local.client, identities, own);
      await waitForNone(ctx, local.client, identities, own, timeoutMs);
      await local.client.deleteIfPresent(ctx, secrets, { namespace: localNamespace, name: SIGNED_NONCE_SECRET });
    });
  }
  if (remoteNamespace !== undefined) {
    await printer.step("remote", "Tenant removed", async () => {
      const own = { labelSelector: ofPeer(consumerId), namespace: remoteNamespace };
      await removeAll(ctx, remote.client, tenants, own);
      await waitForNone(ctx, remote.client, tenants, own, timeoutMs);
      await remote.client.deleteIfPresent(ctx, secrets, { namespace: remoteNamespace, name: NONCE_SECRET });
    });
  }
  if (bidirectional) {
    printer.info("global", "The network stays: the peering in the other direction uses it");
    return;
  }
  await printer.step("global", "Network reset", async () => {
    await Promise.all([
      resetNetwork(ctx, local.client, localNamespace, options),
      resetNetwork(ctx, remote.client, remoteNamespace, options),
    ]);
  });
  if (!options.deleteNamespaces) return;
  await printer.step("global", "Tenant namespaces removed", async () => {
    await Promise.all([
      removeNamespace(ctx, local.client, localNamespace, providerId, options),
      removeNamespace(ctx, remote.client, remoteNamespace, consumerId, options),
    ]);
  });
}

function deletions(namespace: string | undefined, resources: readonly Resource[]): Need[] {
  return namespace === undefined ? [] : resources.map((resource) => ({ verb: "delete", resource, namespace }));
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

async function resetNetwork(
  ctx: Context,
  client: KubeClient,
  namespace: string | undefined,
  { timeoutMs, wait }: UnpeerOptions,
): Promise<void> {
  if (namespace === undefined) return;
  for (const resource of [gatewayClients, gatewayServers, configurations] as readonly Resource<KubeObject>[]) {
    await removeAll(ctx, client, resource, { namespace });
    if (wait) await waitForNone(ctx, client, resource, { namespace }, timeoutMs);
  }
  if (!wait) return;
  // They go with the configuration, by garbage collection: until then `liqoctl uninstall` would find Liqo in use.
  for (const resource of [ips, networks] as readonly Resource<KubeObject>[])
    await waitForNone(ctx, client, resource, { namespace }, timeoutMs);
}

async function removeNamespace(
  ctx: Context,
  client: KubeClient,
  name: string | undefined,
  peerId: string,
  { timeoutMs, wait }: UnpeerOptions,
): Promise<void> {
  if (name !== undefined) {
    await client.deleteIfPresent(ctx, namespaces, { name });
    const isGone = { until: (found: unknown) => found === undefined, timeoutMs, what: "the namespace is not gone" };
    if (wait) await waitFor(ctx, client, namespaces, { name }, isGone);
  }
  await client.deleteIfPresent(ctx, foreignClusters, { name: peerId });
}

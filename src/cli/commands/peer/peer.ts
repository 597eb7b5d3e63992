/** `liqoctl peer`: from two clusters with Liqo to a virtual node. Upstream: pkg/liqoctl/peer */

import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { forgeResourceSlice } from "#forge/authentication.ts";
import { virtualNodeName } from "#forge/names.ts";
import { nodes } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { type Cluster, clusterIdOf, unreachable, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import { ensureTenantNamespace } from "../../tenant.ts";
import { authenticate } from "./authentication.ts";
import { connectNetworks, type NetworkOptions, type Side } from "./network.ts";

export interface PeerOptions extends NetworkOptions {
  readonly networkingDisabled: boolean;
  readonly serverLocation: "Provider" | "Consumer";
  readonly createResourceSlice: boolean;
  readonly resourceSliceClass: string;
  readonly createVirtualNode: boolean;
  readonly resources: Readonly<Record<string, string>>;
  readonly proxyUrl?: string;
}

export async function peer(
  ctx: Context,
  printer: Printer,
  local: Cluster,
  remote: Cluster,
  options: PeerOptions,
): Promise<void> {
  const { consumer, provider } = await printer.step("global", "Clusters identified", () =>
    identify(ctx, local, remote),
  );
  try {
    if (!options.networkingDisabled) {
      const [server, client] = options.serverLocation === "Provider" ? [provider, consumer] : [consumer, provider];
      await connectNetworks(ctx, printer, server, client, options);
    }
    await authenticate(ctx, printer, consumer, provider, options.proxyUrl, options.timeoutMs);
    if (options.createResourceSlice) await offload(ctx, printer, consumer, provider, options);
  } catch (error) {
    throw error instanceof CliError ? error : unreachable(local, error);
  }
  printer.print(summary(consumer.id, provider.id, options));
}

async function identify(ctx: Context, local: Cluster, remote: Cluster): Promise<{ consumer: Side; provider: Side }> {
  const [consumerId, providerId] = await Promise.all([clusterIdOf(ctx, local), clusterIdOf(ctx, remote)]);
  if (consumerId === providerId) {
    throw new CliError(`both clusters have the id "${consumerId}"`, {
      hint:
        local.server === remote.server
          ? "--remote-kubeconfig or --remote-context names the same cluster"
          : "cluster ids must differ: install one of them with another --cluster-id",
    });
  }
  const [consumerNamespace, providerNamespace] = await Promise.all([
    ensureTenantNamespace(ctx, local.client, providerId),
    ensureTenantNamespace(ctx, remote.client, consumerId),
  ]);
  return {
    consumer: { scope: "local", cluster: local, id: consumerId, namespace: consumerNamespace },
    provider: { scope: "remote", cluster: remote, id: providerId, namespace: providerNamespace },
  };
}

async function offload(
  ctx: Context,
  printer: Printer,
  consumer: Side,
  provider: Side,
  options: PeerOptions,
): Promise<void> {
  const key = { namespace: consumer.namespace, name: provider.id };
  await printer.step("local", "Resources granted", async () => {
    const slice = forgeResourceSlice({
      name: provider.id,
      namespace: consumer.namespace,
      providerId: provider.id,
      class: options.resourceSliceClass,
      resources: options.resources,
      createVirtualNode: options.createVirtualNode,
    });
    if ((await consumer.cluster.client.find(ctx, resourceSlices, key)) === undefined)
      await consumer.cluster.client.create(ctx, resourceSlices, slice);
    await waitFor(ctx, consumer.cluster.client, resourceSlices, key, {
      until: (found) =>
        found?.status?.conditions?.some(({ type, status }) => type === "Resources" && status === "Accepted") === true,
      timeoutMs: options.timeoutMs,
      what: "resources not accepted by the provider",
    });
  });
  if (!options.createVirtualNode) return;
  const name = virtualNodeName(provider.id);
  await printer.step("local", `Node ${name} is ready`, () =>
    waitFor(
      ctx,
      consumer.cluster.client,
      nodes,
      { name },
      {
        until: (node) => isConditionTrue(node?.status?.conditions, "Ready"),
        timeoutMs: options.timeoutMs,
        what: "the virtual node is not ready; see `liqoctl info`",
      },
    ),
  );
}

function summary(consumerId: string, providerId: string, options: PeerOptions): string {
  const name = virtualNodeName(providerId);
  const node =
    options.createResourceSlice && options.createVirtualNode
      ? `\n  ${consumerId} now has the node ${name}: kubectl get node ${name}`
      : "";
  return `\nPeered: ${consumerId} (consumer) uses resources of ${providerId} (provider).${node}\n  Next: liqoctl offload namespace <name>`;
}

/** Whether the peer uses us as well: then some of what unpeering removes must stay. */
export async function isBidirectional(ctx: Context, cluster: Cluster, peerId: string): Promise<boolean> {
  const found = await cluster.client.find(ctx, foreignClusters, { name: peerId });
  return found?.status?.role === "ConsumerAndProvider";
}

/** Everything of one peer carries its id. */
export function ofPeer(peerId: string): string {
  return `${labels.REMOTE_CLUSTER_ID}=${peerId}`;
}

/** `liqoctl peer`: from two clusters with Liqo to a virtual node. Upstream: pkg/liqoctl/peer */

import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { forgeResourceSlice } from "#forge/authentication.ts";
import { tenantNamespaceName } from "#forge/names.ts";
import { namespaces, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { parseQuantityMilli } from "#machinery/quantity.ts";
import { requireRights } from "../../checks/rights.ts";
import { type Cluster, clusterIdOf, waitFor } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { type FlagValues, flag, number, pairs, port } from "../../command/flag.ts";
import { openLocal, openRemote, remoteFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import { ensureTenantNamespace, findTenantNamespace } from "../../tenant.ts";
import { authenticate } from "./authentication.ts";
import type { NetworkOptions } from "./gateways.ts";
import { declareGone } from "./gone.ts";
import { connectNetworks } from "./network.ts";
import type { Side } from "./side.ts";
import { waitForNode } from "./virtual-node.ts";

// IPv4 promises 576 bytes; 65535 less the headers of IP, UDP and WireGuard.
const MIN_MTU = 576;
const MAX_MTU = 65_455;

const peerFlags = {
  ...remoteFlags,
  timeout: timeoutFlag("10m"),
  networkingDisabled: flag.boolean("no tunnel between the clusters"),
  gwServerServiceLocation: flag.choice("which cluster runs the gateway server", "where", ["Provider", "Consumer"], {
    initial: "Provider",
  }),
  gwServerServiceType: flag.choice("Service of the gateway server", "type", ["LoadBalancer", "NodePort", "ClusterIP"], {
    initial: "LoadBalancer",
  }),
  gwServerServicePort: flag.of("port of the gateway server", "port", port, 51840),
  gwServerServiceNodeport: flag.of<number | undefined>("node port of the gateway server", "port", port, undefined),
  gwServerServiceLoadbalancerip: flag.string("address wanted from the load balancer", "ip"),
  gwClientAddress: flag.string("address the client dials instead of the server's", "address"),
  gwClientPort: flag.of<number | undefined>("port the client dials instead of the server's", "port", port, undefined),
  mtu: flag.of("MTU of the tunnel", "bytes", number, 1340),
  createResourceSlice: flag.switchedOn("ask for resources"),
  resourceSliceClass: flag.string("class of the ResourceSlice", "class", { initial: "default" }),
  createVirtualNode: flag.switchedOn("make a node of the resources"),
  cpu: flag.string("cpu to ask for", "quantity"),
  memory: flag.string("memory to ask for", "quantity"),
  pods: flag.string("pods to ask for", "quantity"),
  resource: flag.of("other resources to ask for", "k=v,…", pairs, {}),
  proxyUrl: flag.string("proxy for the provider's API server", "url"),
};

export const peerCommand = command({
  path: ["peer"],
  summary: "Use the resources of a remote cluster (the provider) in the local one (the consumer).",
  description:
    "Connects the networks, has the provider let the consumer in, asks it for resources and makes a virtual node of them. All that can be is checked before the first change. Repeatable: what was interrupted goes on where it was.",
  examples: [
    "liqoctl peer --remote-kubeconfig rome.yaml",
    "liqoctl peer --context milan --remote-context rome --cpu 8 --memory 16Gi",
  ],
  flags: peerFlags,
  async run(ctx, env, { flags }) {
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    await peer(ctx, env.printer, local, remote, optionsOf(flags));
  },
});

/** What the flags ask for. */
function optionsOf(flags: FlagValues<typeof peerFlags>): PeerOptions {
  const { cpu, memory, pods, resource } = flags;
  const amounts = Object.entries({ cpu, memory, pods }).flatMap(([name, amount]) =>
    amount === undefined ? [] : [[name, amount] as const],
  );
  return {
    ...flags,
    serverLocation: flags.gwServerServiceLocation,
    serviceType: flags.gwServerServiceType,
    port: flags.gwServerServicePort,
    nodePort: flags.gwServerServiceNodeport,
    loadBalancerIp: flags.gwServerServiceLoadbalancerip,
    clientAddress: flags.gwClientAddress,
    clientPort: flags.gwClientPort,
    resources: { ...Object.fromEntries(amounts), ...resource },
    timeoutMs: flags.timeout,
  };
}

export interface PeerOptions extends NetworkOptions {
  readonly networkingDisabled: boolean;
  readonly serverLocation: "Provider" | "Consumer";
  readonly createResourceSlice: boolean;
  readonly resourceSliceClass: string;
  readonly createVirtualNode: boolean;
  readonly resources: Readonly<Record<string, string>>;
  readonly proxyUrl: string | undefined;
}

async function peer(
  ctx: Context,
  printer: Printer,
  local: Cluster,
  remote: Cluster,
  options: PeerOptions,
): Promise<void> {
  checkOptions(options);
  const { consumer, provider } = await printer.step("global", "Clusters identified", () =>
    identify(ctx, local, remote, options),
  );
  const [server, client] = options.serverLocation === "Provider" ? [provider, consumer] : [consumer, provider];
  const connected = options.networkingDisabled
    ? undefined
    : await connectNetworks(ctx, printer, server, client, options);
  // While the gateways start.
  await authenticate(ctx, printer, consumer, provider, options.proxyUrl, options.timeoutMs);
  if (options.createResourceSlice) await offload(ctx, printer, consumer, provider, options);
  await connected?.();
  const slice = { namespace: consumer.namespace, name: provider.id };
  const node =
    options.createResourceSlice && options.createVirtualNode
      ? await waitForNode(ctx, printer, consumer.cluster, slice, options.timeoutMs)
      : undefined;
  printer.print(summary(consumer.id, provider.id, node));
}

function checkOptions({ resources, mtu }: PeerOptions): void {
  for (const [name, quantity] of Object.entries(resources)) {
    const milli = parseQuantityMilli(quantity);
    if (milli === undefined || milli < 0n)
      throw new CliError(`${name} "${quantity}": must be a quantity`, { hint: "such as 500m, 2 or 4Gi" });
  }
  if (mtu < MIN_MTU || mtu > MAX_MTU)
    throw new CliError(`--mtu ${mtu}: must be from ${MIN_MTU} to ${MAX_MTU}`, { hint: "leave it out for 1340" });
}

/** Checks all that can be checked before the first change. */
async function identify(
  ctx: Context,
  local: Cluster,
  remote: Cluster,
  options: PeerOptions,
): Promise<{ consumer: Side; provider: Side }> {
  const [consumerId, providerId] = await Promise.all([clusterIdOf(ctx, local), clusterIdOf(ctx, remote)]);
  if (consumerId === providerId) {
    throw new CliError(`both clusters have the id "${consumerId}"`, {
      hint:
        local.server === remote.server
          ? "--remote-kubeconfig or --remote-context names the same cluster"
          : "cluster ids must differ: `liqoctl uninstall` Liqo on one of them and install it with another --cluster-id",
    });
  }
  const sides = [
    {
      cluster: local,
      peerId: providerId,
      kinds: [identities, ...(options.createResourceSlice ? [resourceSlices] : [])],
    },
    { cluster: remote, peerId: consumerId, kinds: [tenants] },
  ];
  await Promise.all(sides.map(({ cluster, peerId, kinds }) => requirePeeringRights(ctx, cluster, peerId, kinds)));
  // What was said of an earlier peering is no longer true: both answer.
  await Promise.all(sides.map(({ cluster, peerId }) => declareGone(ctx, cluster, peerId, false)));
  const [consumerNamespace, providerNamespace] = await Promise.all([
    ensureTenantNamespace(ctx, local.client, providerId),
    ensureTenantNamespace(ctx, remote.client, consumerId),
  ]);
  return {
    consumer: { scope: "local", cluster: local, id: consumerId, namespace: consumerNamespace },
    provider: { scope: "remote", cluster: remote, id: providerId, namespace: providerNamespace },
  };
}

async function requirePeeringRights(
  ctx: Context,
  cluster: Cluster,
  peerId: string,
  kinds: readonly Resource[],
): Promise<void> {
  const found = await findTenantNamespace(ctx, cluster.client, peerId);
  const namespace = found ?? tenantNamespaceName(peerId);
  await requireRights(ctx, cluster, [
    ...(found === undefined ? [{ verb: "create", resource: namespaces } as const] : []),
    ...[configurations, secrets, ...kinds].map((resource) => ({ verb: "create", resource, namespace }) as const),
  ]);
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
}

function summary(consumerId: string, providerId: string, node: string | undefined): string {
  const shown = node === undefined ? "" : `\n  ${consumerId} now has the node ${node}: kubectl get node ${node}`;
  return `\nPeered: ${consumerId} (consumer) uses resources of ${providerId} (provider).${shown}\n  Next: liqoctl offload namespace <name>`;
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

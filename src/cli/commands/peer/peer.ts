/**
 * `liqoctl peer`: from two clusters with Liqo to a virtual node, by the steps of `network connect`, `authenticate` and
 * `create resourceslice`. Upstream: pkg/liqoctl/peer
 */
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { configurations } from "#api/networking/configuration.ts";
import type { Context } from "#base/context.ts";
import { forgeResourceSlice } from "#forge/authentication.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Cluster } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import { openLocal, openRemote, remoteFlags, timeoutFlag } from "../../command/flag-groups.ts";
import { authenticate } from "../../peering/authentication/authenticate.ts";
import { proxyFlags, requireProxyUrl } from "../../peering/authentication/proxy.ts";
import { connectNetworks } from "../../peering/network/connect.ts";
import { gatewayFlags, type NetworkOptions, networkOptions } from "../../peering/network/options.ts";
import { resourceFlags, resourcesOf, waitForGrant } from "../../peering/offloading/slice.ts";
import { waitForNode } from "../../peering/offloading/virtual-node.ts";
import type { Side } from "../../peering/side.ts";
import { joinSides } from "../../peering/sides.ts";
import { planOf } from "../../plan/model.ts";
import type { Printer } from "../../printer/printer.ts";
import { planPeer } from "./plan.ts";

const peerFlags = {
  ...remoteFlags,
  timeout: timeoutFlag("10m"),
  networkingDisabled: flag.boolean("no tunnel between the clusters"),
  gwServerServiceLocation: flag.choice("which cluster runs the gateway server", "where", ["Provider", "Consumer"], {
    initial: "Provider",
  }),
  ...gatewayFlags,
  createResourceSlice: flag.switchedOn("ask for resources"),
  resourceSliceClass: flag.string("class of the ResourceSlice", "class", { initial: "default" }),
  createVirtualNode: flag.switchedOn("make a node of the resources"),
  ...resourceFlags,
  ...proxyFlags,
};

export const peerCommand = command({
  path: ["peer"],
  summary: "Use the resources of a remote cluster (the provider) in the local one (the consumer).",
  description:
    "Connects the networks, has the provider let the consumer in, asks it for resources and makes a virtual node of them. All that can be is checked before the first change. Repeatable: what was interrupted goes on where it was.",
  examples: [
    "liqoctl peer --remote-kubeconfig rome.yaml",
    "liqoctl peer --context milan --remote-context rome --cpu 8 --memory 16Gi",
    "liqoctl peer --context milan --remote-context rome --in-band",
  ],
  flags: peerFlags,
  async plan(ctx, env, { flags }) {
    requireProxyUrl(flags.proxyUrl);
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    const options = optionsOf(flags);
    const network = options.network && { serverLocation: options.serverLocation, options: options.network };
    const asked = { ...options, network, authenticates: true };
    return planOf(env.commandLine, await planPeer(ctx, local, remote, asked));
  },
  async run(ctx, env, { flags }) {
    requireProxyUrl(flags.proxyUrl);
    using local = openLocal(flags, env);
    using remote = openRemote(flags, env);
    await peer(ctx, env.printer, local, remote, optionsOf(flags));
  },
});

/** What the flags ask for. */
function optionsOf(flags: FlagValues<typeof peerFlags>): PeerOptions {
  return {
    ...flags,
    network: flags.networkingDisabled ? undefined : networkOptions(flags),
    serverLocation: flags.gwServerServiceLocation,
    resources: resourcesOf(flags),
    timeoutMs: flags.timeout,
  };
}

interface PeerOptions {
  /** Undefined: there is to be none. */
  readonly network: NetworkOptions | undefined;
  readonly serverLocation: "Provider" | "Consumer";
  readonly createResourceSlice: boolean;
  readonly resourceSliceClass: string;
  readonly createVirtualNode: boolean;
  readonly resources: Readonly<Record<string, string>>;
  readonly inBand: boolean;
  readonly proxyUrl: string | undefined;
  readonly timeoutMs: number;
}

async function peer(
  ctx: Context,
  printer: Printer,
  local: Cluster,
  remote: Cluster,
  options: PeerOptions,
): Promise<void> {
  const [consumer, provider] = await printer.step("global", "Clusters identified", () =>
    joinSides(
      ctx,
      {
        cluster: local,
        creates: [configurations, secrets, identities, ...(options.createResourceSlice ? [resourceSlices] : [])],
      },
      { cluster: remote, creates: [configurations, tenants], challenges: true },
    ),
  );
  const [server, client] = options.serverLocation === "Provider" ? [provider, consumer] : [consumer, provider];
  const connected =
    options.network === undefined ? undefined : await connectNetworks(ctx, printer, server, client, options.network);
  // What is asked in-band goes through the tunnel; anything else does not wait for it.
  if (options.inBand) await connected?.();
  await authenticate(ctx, printer, consumer, provider, options);
  if (options.createResourceSlice) await askForResources(ctx, printer, consumer, options);
  if (!options.inBand) await connected?.();
  const slice = { namespace: consumer.namespace, name: consumer.peerId };
  const node =
    options.createResourceSlice && options.createVirtualNode
      ? await waitForNode(ctx, printer, consumer.cluster, slice, options.timeoutMs)
      : undefined;
  printer.print(summary(provider.peerId, consumer.peerId, node));
}

/** A slice that is there stays as it is: `liqoctl create resourceslice` changes it. */
async function askForResources(
  ctx: Context,
  printer: Printer,
  { cluster, namespace, peerId }: Side,
  options: PeerOptions,
): Promise<void> {
  await printer.step("local", "Resources granted", async () => {
    const slice = forgeResourceSlice({
      name: peerId,
      namespace,
      providerId: peerId,
      class: options.resourceSliceClass,
      resources: options.resources,
      createVirtualNode: options.createVirtualNode,
    });
    await cluster.client.createIfAbsent(ctx, resourceSlices, slice);
    await waitForGrant(ctx, cluster, slice, options.timeoutMs);
  });
}

function summary(consumerId: string, providerId: string, node: string | undefined): string {
  const shown = node === undefined ? "" : `\n  ${consumerId} now has the node ${node}: kubectl get node ${node}`;
  return `\nPeered: ${consumerId} (consumer) uses resources of ${providerId} (provider).${shown}\n  Next: liqoctl offload namespace <name>`;
}

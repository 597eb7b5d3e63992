/** What `peer --plan` looks at, and what does a part of it, by the decisions of `peer` itself. */
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { Context } from "#base/context.ts";
import type { Cluster } from "../../cluster.ts";
import { ownCidrs } from "../../peering/network/configuration.ts";
import { planTunnel, tunnelRefused } from "../../peering/network/connect.ts";
import { checkTemplates, gatewaysOf } from "../../peering/network/gateways.ts";
import type { NetworkOptions } from "../../peering/network/options.ts";
import { lookAtSides, type SeenSide } from "../../peering/sides.ts";
import type { Part } from "../../plan/model.ts";
import { planPeering } from "../../plan/peering.ts";
import { peeringSide } from "../../plan/peering-facts.ts";
import { planOffloaded } from "./offloaded.ts";

export interface PeerQuestion {
  /** Undefined: it stays as it is. */
  readonly network: NetworkQuestion | undefined;
  /** The provider lets the consumer in. */
  readonly authenticates: boolean;
  readonly createResourceSlice: boolean;
  readonly createVirtualNode: boolean;
}

interface NetworkQuestion {
  readonly serverLocation: "Provider" | "Consumer";
  readonly options: NetworkOptions;
}

export async function planPeer(ctx: Context, local: Cluster, remote: Cluster, asked: PeerQuestion): Promise<Part[]> {
  const [consumer, provider] = await lookAtSides(ctx, local, remote);
  const { network } = asked;
  const tunnel = network === undefined ? undefined : await tunnelOf(ctx, consumer, provider, network);
  const ask = async (own: SeenSide, other: SeenSide) =>
    peeringSide(ctx, {
      ...own,
      network: tunnel && {
        isServer: tunnel.server === own,
        remote: await ownCidrs(ctx, other.side.cluster, other.id),
        options: tunnel.options,
        server: tunnel.server === own ? undefined : tunnel.present,
      },
    });
  const facts = {
    consumer: await ask(consumer, provider),
    provider: await ask(provider, consumer),
    authenticates: asked.authenticates,
    createsSlice: asked.createResourceSlice,
    createsNode: asked.createVirtualNode,
  };
  const isThere = network !== undefined && tunnel === undefined;
  const remarks = isThere ? ["the network is there already: the peering in the other direction has made it"] : [];
  const hasNode = asked.createResourceSlice && asked.createVirtualNode;
  const offloaded = hasNode ? await planOffloaded(ctx, consumer, provider) : [];
  return [...planPeering(facts), ...offloaded, { remarks }];
}

interface Tunnel {
  readonly server: SeenSide;
  /** Its gateway, where there is one already. */
  readonly present: GatewayServer | undefined;
  readonly options: NetworkOptions;
}

/** Undefined: there is one already. Throws a CliError for one that cannot be made. */
async function tunnelOf(
  ctx: Context,
  consumer: SeenSide,
  provider: SeenSide,
  { serverLocation, options }: NetworkQuestion,
): Promise<Tunnel | undefined> {
  const [server, client] = serverLocation === "Provider" ? [provider, consumer] : [consumer, provider];
  const [atServer, atClient] = [await gatewaysOf(ctx, server.side), await gatewaysOf(ctx, client.side)];
  const found = planTunnel(atServer, atClient);
  if (found.do === "refuse") throw tunnelRefused(found.cluster, server.side, client.side);
  if (found.do === "use") return undefined;
  const [first, second] = found.do === "reverse" ? [client, server] : [server, client];
  if (options.isChecked) await checkTemplates(ctx, first.side, second.side, options);
  return { server: first, present: (first === server ? atServer : atClient).server, options };
}

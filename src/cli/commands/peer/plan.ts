/** What `peer --plan` looks at, by the decisions of `peer` itself. */
import type { Context } from "#base/context.ts";
import type { Cluster } from "../../cluster.ts";
import { ownCidrs } from "../../peering/network/configuration.ts";
import { planTunnel, tunnelRefused } from "../../peering/network/connect.ts";
import { gatewaysOf } from "../../peering/network/gateways.ts";
import { lookAtSides, type SeenSide } from "../../peering/sides.ts";
import type { Part } from "../../plan/model.ts";
import { planPeering } from "../../plan/peering.ts";
import { peeringSide } from "../../plan/peering-facts.ts";
import { planOffloaded } from "./offloaded.ts";

export interface PeerQuestion {
  readonly hasNetwork: boolean;
  readonly serverLocation: "Provider" | "Consumer";
  readonly createResourceSlice: boolean;
  readonly createVirtualNode: boolean;
}

export async function planPeer(ctx: Context, local: Cluster, remote: Cluster, asked: PeerQuestion): Promise<Part[]> {
  const [consumer, provider] = await lookAtSides(ctx, local, remote);
  const server = asked.hasNetwork ? await serverOf(ctx, consumer, provider, asked.serverLocation) : undefined;
  const ask = async (own: SeenSide, other: SeenSide) =>
    peeringSide(ctx, {
      ...own,
      network:
        server === undefined
          ? undefined
          : { isServer: server === own, remote: await ownCidrs(ctx, other.side.cluster, other.id) },
    });
  const facts = {
    consumer: await ask(consumer, provider),
    provider: await ask(provider, consumer),
    createsSlice: asked.createResourceSlice,
    createsNode: asked.createVirtualNode,
  };
  const isThere = asked.hasNetwork && server === undefined;
  const remarks = isThere ? ["the network is there already: the peering in the other direction has made it"] : [];
  const hasNode = asked.createResourceSlice && asked.createVirtualNode;
  const offloaded = hasNode ? await planOffloaded(ctx, consumer, provider) : [];
  return [...planPeering(facts), ...offloaded, { remarks }];
}

/** Undefined: there is a tunnel already. */
async function serverOf(
  ctx: Context,
  consumer: SeenSide,
  provider: SeenSide,
  location: PeerQuestion["serverLocation"],
): Promise<SeenSide | undefined> {
  const [server, client] = location === "Provider" ? [provider, consumer] : [consumer, provider];
  const found = planTunnel(await gatewaysOf(ctx, server.side), await gatewaysOf(ctx, client.side));
  if (found.do === "refuse") throw tunnelRefused(found.cluster, server.side, client.side);
  if (found.do === "use") return undefined;
  return found.do === "reverse" ? client : server;
}

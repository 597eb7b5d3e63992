/** What ./peering.ts has to know of one cluster. Reads only. */
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import type { Cidrs } from "#forge/networking/configuration.ts";
import { API_SERVER_SLICES } from "#ipam/own-addresses.ts";
import { endpointSlices, nodes } from "#machinery/builtin.ts";
import { unlessForbidden } from "../checks/rights.ts";
import { findOne, gatewaysOf } from "../peering/network/gateways.ts";
import type { Side } from "../peering/side.ts";
import type { NetworkSide } from "./networking.ts";
import type { PeeringSide } from "./peering.ts";
import { sideFacts } from "./unpeering-facts.ts";

export interface PeeringQuestion {
  readonly id: string;
  /** Its namespace may be still to come. */
  readonly side: Side;
  /** Undefined: the network stays as it is. */
  readonly network: { readonly isServer: boolean; readonly remote: Cidrs } | undefined;
}

export async function peeringSide(ctx: Context, { id, side, network }: PeeringQuestion): Promise<PeeringSide> {
  const { peerId, namespace } = side;
  const { objects, unlisted } = await sideFacts(ctx, side, id);
  return {
    ...{ id, peerId, namespace, objects, unlisted },
    network: network === undefined ? undefined : await networkSide(ctx, { id, side, network }),
  };
}

async function networkSide(
  ctx: Context,
  { id, side, network }: PeeringQuestion & { readonly network: NonNullable<PeeringQuestion["network"]> },
): Promise<NetworkSide> {
  const { cluster, peerId, namespace } = side;
  const { client } = cluster;
  const [all, machines, apiServers, internal, { server, client: dialling }, configuration] = await Promise.all([
    client.list(ctx, networks),
    unlessForbidden(client.list(ctx, nodes)),
    unlessForbidden(client.list(ctx, endpointSlices, API_SERVER_SLICES)),
    client.list(ctx, internalNodes),
    gatewaysOf(ctx, side),
    findOne(ctx, side, configurations),
  ]);
  return {
    ...{ id, peerId, namespace, ...network },
    gatewayName: (server ?? dialling)?.metadata?.name ?? peerId,
    configurationName: configuration?.metadata?.name ?? peerId,
    networks: all.items,
    nodes: machines?.items ?? [],
    apiServers: apiServers?.items ?? [],
    internalNodes: internal.items,
  };
}

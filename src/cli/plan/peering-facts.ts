/** What ./peering.ts has to know of one cluster. Reads only. */
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import { internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { type Cidrs, forgeConfiguration } from "#forge/networking/configuration.ts";
import { API_SERVER_SLICES } from "#ipam/own-addresses.ts";
import { endpointSlices, nodes } from "#machinery/builtin.ts";
import { contains } from "#machinery/contains.ts";
import type { Resource } from "#machinery/gvk.ts";
import { unlessForbidden } from "../checks/rights.ts";
import { findOne, gatewaysOf, wantedClient, wantedServer } from "../peering/network/gateways.ts";
import type { NetworkOptions } from "../peering/network/options.ts";
import type { Side } from "../peering/side.ts";
import type { NetworkSide } from "./networking.ts";
import type { PeeringSide } from "./peering.ts";
import { sideFacts } from "./unpeering-facts.ts";

export interface PeeringQuestion {
  readonly id: string;
  /** Its namespace may be still to come. */
  readonly side: Side;
  /** Undefined: the network stays as it is. */
  readonly network: NetworkQuestion | undefined;
}

interface NetworkQuestion {
  readonly isServer: boolean;
  readonly remote: Cidrs;
  readonly options: NetworkOptions;
  /** That of the peer, as a client finds it. */
  readonly server: GatewayServer | undefined;
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
  { id, side, network }: PeeringQuestion & { readonly network: NetworkQuestion },
): Promise<NetworkSide> {
  const { cluster, peerId, namespace } = side;
  const { client } = cluster;
  const { isServer, remote, options } = network;
  const [all, machines, apiServers, internal, { server, client: dialling }, configuration] = await Promise.all([
    client.list(ctx, networks),
    unlessForbidden(client.list(ctx, nodes)),
    unlessForbidden(client.list(ctx, endpointSlices, API_SERVER_SLICES)),
    client.list(ctx, internalNodes),
    gatewaysOf(ctx, side),
    findOne(ctx, side, configurations),
  ]);
  const configurationName = configuration?.metadata?.name ?? peerId;
  const wanted = forgeConfiguration(peerId, namespace, configurationName, remote);
  return {
    ...{ id, peerId, namespace, isServer, remote },
    gatewayName: (server ?? dialling)?.metadata?.name ?? peerId,
    configurationName,
    differing: differing([
      { resource: configurations, present: configuration, wanted },
      { resource: gatewayServers, present: server, wanted: wantedServer(side, server, options) },
      {
        resource: gatewayClients,
        present: dialling,
        // What a server will tell is not known before it is there.
        wanted: network.server === undefined ? undefined : wantedClient(side, dialling, network.server, options),
      },
    ]),
    sharesKeys: options.sharesKeys,
    networks: all.items,
    nodes: machines?.items ?? [],
    apiServers: apiServers?.items ?? [],
    internalNodes: internal.items,
  };
}

interface Comparison {
  readonly resource: Resource;
  readonly present: Specified | undefined;
  readonly wanted: Specified | undefined;
}

interface Specified {
  readonly spec?: object;
}

function differing(all: readonly Comparison[]): string[] {
  return all
    .filter(({ present, wanted }) => present !== undefined && !contains(present.spec, wanted?.spec ?? {}))
    .map(({ resource }) => resource.kind);
}

/** The EndpointSlice that a ShadowEndpointSlice gets, and what is left out of it. Upstream: shadowendpointslice-controller */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import { DIRECT_CONNECTIONS_DATA } from "#api/annotations.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import { type DirectAddress, parseDirectConnections } from "#forge/direct-connections.ts";
import { forgeRemoteSlice } from "#forge/remote-slice.ts";
import { isConnected, isFresh } from "#trust/reach.ts";
import { placeAddress, placeDirect, type Surroundings } from "./addresses.ts";

export interface Plan {
  readonly slice: EndpointSlice;
  /** Addresses that the consumer may not name. */
  readonly refused: readonly string[];
}

/** `surroundings`: undefined where it is not known whose the addresses are. */
export function planSlice(
  shadow: ShadowEndpointSlice,
  surroundings: Surroundings | undefined,
  peer: ForeignCluster | undefined,
): Plan {
  const refused: string[] = [];
  const directs = directOf(shadow);
  const place = (address: string, nodeName: string | undefined): string | undefined => {
    const direct = directs.get(address);
    const placed = surroundings === undefined ? undefined : placeIn(surroundings, { address, nodeName, direct });
    if (placed === undefined) refused.push(address);
    return placed;
  };
  const isReachable = ({ addresses, nodeName }: Endpoint): boolean => {
    if (nodeName === surroundings?.clusterId) return true;
    const other = surroundings?.otherPeer(directs.get(addresses[0] ?? "")?.clusterId ?? "");
    // What a consumer tells is as old as its API server is away, wherever the endpoint is.
    return isFresh(peer) && isConnected(other === undefined ? peer : other.foreign);
  };
  return { slice: forgeRemoteSlice(shadow, { place, isReachable }), refused };
}

interface Named {
  readonly address: string;
  readonly nodeName: string | undefined;
  readonly direct: DirectAddress | undefined;
}

function placeIn(around: Surroundings, { address, nodeName, direct }: Named): string | undefined {
  return direct === undefined ? placeAddress(address, around, nodeName) : placeDirect(direct, around);
}

/** Endpoints that run at another provider of the consumer's, by their address in the slice. */
export function directOf({ metadata }: ShadowEndpointSlice): ReadonlyMap<string, DirectAddress> {
  return parseDirectConnections(metadata?.annotations?.[DIRECT_CONNECTIONS_DATA]);
}

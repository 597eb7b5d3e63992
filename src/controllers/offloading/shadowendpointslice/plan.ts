/** The EndpointSlice that a ShadowEndpointSlice gets, and what is left out of it. Upstream: shadowendpointslice-controller */
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import { forgeRemoteSlice } from "#forge/remote-slice.ts";
import { apiServerStatus } from "#trust/reach.ts";
import { placeAddress, type Surroundings } from "./addresses.ts";

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
  const place = (address: string): string | undefined => {
    const placed = surroundings === undefined ? undefined : placeAddress(address, surroundings);
    if (placed === undefined) refused.push(address);
    return placed;
  };
  return { slice: forgeRemoteSlice(shadow, { place, isReachable: isReachable(peer) }), refused };
}

/** Endpoints of a peer are usable only while tunnel and API server are. */
function isReachable(peer: ForeignCluster | undefined): boolean {
  const modules = peer?.status?.modules;
  const connection = modules?.networking.conditions?.find(({ type }) => type === "NetworkConnectionStatus");
  const isConnected = modules?.networking.enabled !== true || connection?.status === "Established";
  return isConnected && [undefined, "Established"].includes(apiServerStatus(peer));
}

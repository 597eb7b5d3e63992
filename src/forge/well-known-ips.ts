/** Which IPs there must be for the API server and the proxy. Upstream: pkg/utils/ipam/mapping/ips.go */
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { IP } from "#api/ipam/ip.ts";
import { API_SERVER_IP, API_SERVER_PROXY_IP, type WellKnownIp } from "./ip.ts";

export interface Observed {
  /** `kubernetes` of the namespace default, and its slices. */
  readonly apiServer: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly proxy: Service | undefined;
  /** Those that are there, as far as they are this controller's. */
  readonly found: readonly IP[];
}

export interface Settings {
  /** Where the API server's own addresses are to be reached, and not its Service's. */
  readonly usesEndpointSlices: boolean;
}

export interface Plan {
  readonly create: readonly WellKnownIp[];
  /** Their address cannot be changed: they come again with the next look. */
  readonly remove: readonly IP[];
}

export function planIps(seen: Observed, settings: Settings): Plan {
  const { found } = seen;
  const wanted = wantedIps(seen, settings);
  // Not known yet, or on its way back: what is there has an address that peers count on.
  if (!wanted.some(({ type }) => type === API_SERVER_IP)) return { create: [], remove: [] };
  const byName = new Map(wanted.map((ip) => [ip.name, ip]));
  return {
    create: wanted.filter(({ name }) => !found.some(({ metadata }) => metadata?.name === name)),
    remove: found.filter(({ metadata, spec }) => byName.get(metadata?.name ?? "")?.address !== spec?.ip),
  };
}

/** The API server's first: so they get the addresses that they have with upstream. */
function wantedIps({ apiServer, slices, proxy }: Observed, { usesEndpointSlices }: Settings): WellKnownIp[] {
  const wanted = usesEndpointSlices
    ? slices.flatMap(addressesOf)
    : clusterIpOf(apiServer).map((address): WellKnownIp => ({ name: API_SERVER_IP, type: API_SERVER_IP, address }));
  const proxies = clusterIpOf(proxy).map(
    (address): WellKnownIp => ({ name: API_SERVER_PROXY_IP, type: API_SERVER_PROXY_IP, address }),
  );
  return [...wanted, ...proxies];
}

function addressesOf({ metadata, addressType, endpoints }: EndpointSlice): WellKnownIp[] {
  if (addressType !== "IPv4") return [];
  const addresses = [...new Set((endpoints ?? []).flatMap((endpoint) => endpoint.addresses))].sort();
  return addresses.map((address) => ({
    name: `${metadata?.name}-${address.replaceAll(".", "-")}`,
    type: API_SERVER_IP,
    address,
    masquerade: true,
  }));
}

function clusterIpOf(service: Service | undefined): string[] {
  const address = service?.spec?.clusterIP;
  return address === undefined || address === "" || address === "None" ? [] : [address];
}

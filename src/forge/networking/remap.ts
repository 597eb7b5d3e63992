/** Addresses of a peer as this cluster sees them. Upstream: pkg/utils/ipam/mapping (MapAddressWithConfiguration) */
import type { Configuration } from "#api/networking/configuration.ts";
import { formatIpv4, maskOf, mustParseCidr, parseIpv4, remapIp } from "#base/cidr.ts";

/** The peer's own address as this cluster sees it: pods first, then its external CIDR; undefined: in neither. */
export function remapAddress(address: string, configuration: Configuration | undefined): string | undefined {
  const own = configuration?.spec?.remote?.cidr;
  const seen = configuration?.status?.remote?.cidr;
  for (const type of ["pod", "external"] as const) {
    for (const [i, from] of (own?.[type] ?? []).entries()) {
      const to = seen?.[type]?.[i];
      const remapped = to === undefined ? undefined : remapIp(address, mustParseCidr(from), mustParseCidr(to));
      if (remapped !== undefined) return remapped;
    }
  }
  return undefined;
}

/**
 * A pod of the peer as this cluster sees it, from its address in anybody's view: remapping keeps the host's part.
 * Upstream: ForceMapAddressWithConfiguration
 */
export function remapPodOf(configuration: Configuration, address: string): string | undefined {
  const ip = parseIpv4(address);
  const seen = configuration.status?.remote?.cidr?.pod?.[0];
  if (ip === undefined || seen === undefined) return undefined;
  const { base, prefix } = mustParseCidr(seen);
  return formatIpv4((base | (ip & ~maskOf(prefix))) >>> 0);
}

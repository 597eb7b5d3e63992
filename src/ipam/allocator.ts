/**
 * Which CIDR or address to hand out next, as pure functions over what is in use.
 * Upstream: pkg/ipam/core. The order of candidates follows its buddy tree: a block's nearest neighbours first.
 */
import { type Cidr, contains, formatIpv4, overlaps, sizeOf } from "#base/cidr.ts";

// Upstream: ipam.pools
export const DEFAULT_POOLS: readonly string[] = ["10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12"];

/** The wanted block if it is free, otherwise the nearest free one of the same size; undefined when the pools are full. */
export function allocateCidr(wanted: Cidr, used: readonly Cidr[], pools: readonly Cidr[]): Cidr | undefined {
  const isFree = (candidate: Cidr): boolean => !used.some((block) => overlaps(block, candidate));
  if (isFree(wanted)) return wanted;
  const home = pools.filter((pool) => contains(pool, wanted.base));
  const others = pools.filter((pool) => !home.includes(pool));
  for (const pool of [...home, ...others]) {
    const found = firstFree(pool, wanted, isFree);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstFree(pool: Cidr, wanted: Cidr, isFree: (candidate: Cidr) => boolean): Cidr | undefined {
  if (wanted.prefix < pool.prefix) return undefined;
  const size = sizeOf(wanted);
  const count = sizeOf(pool) / size;
  const own = contains(pool, wanted.base) ? (wanted.base - pool.base) / size : 0;
  for (let distance = 0; distance < count; distance++) {
    const candidate = { base: (pool.base + (own ^ distance) * size) >>> 0, prefix: wanted.prefix };
    if (isFree(candidate)) return candidate;
  }
  return undefined;
}

/** The first free address at or after `first` (an index into the block); undefined when it is full. */
export function allocateAddress(block: Cidr, first: number, used: ReadonlySet<string>): string | undefined {
  for (let index = first; index < sizeOf(block); index++) {
    const address = formatIpv4(block.base + index);
    if (!used.has(address)) return address;
  }
  return undefined;
}

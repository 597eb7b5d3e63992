/**
 * IPv4 addresses and CIDRs as plain arithmetic. Addresses travel as strings, as in the API;
 * inside they are unsigned 32-bit numbers.
 */
export interface Cidr {
  /** Network address, host bits zero. */
  readonly base: number;
  readonly prefix: number;
}

const PART = /^(?:0|[1-9]\d{0,2})$/;

/** The number of a dotted quad, or undefined when `text` is not an IPv4 address. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    const octet = PART.test(part) ? Number(part) : 256;
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

export function formatIpv4(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/** `10.0.0.0/8` as numbers; undefined when it is not a CIDR. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const ip = parseIpv4(address);
  if (ip === undefined || rest.length > 0 || !PART.test(length) || Number(length) > 32) return undefined;
  const prefix = Number(length);
  return { base: (ip & maskOf(prefix)) >>> 0, prefix };
}

/** As parseCidr, for values that were validated before: throws on anything else. */
export function mustParseCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new TypeError(`"${text}" is not an IPv4 CIDR such as 10.0.0.0/16`);
  return cidr;
}

export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.base)}/${cidr.prefix}`;
}

export function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

export function sizeOf(cidr: Cidr): number {
  return 2 ** (32 - cidr.prefix);
}

export function contains(cidr: Cidr, ip: number): boolean {
  return (ip & maskOf(cidr.prefix)) >>> 0 === cidr.base;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.prefix <= b.prefix ? contains(a, b.base) : contains(b, a.base);
}

/** Blocks in which no pod, Service or node of another cluster can be: RFC 6890 (2.2.2), and multicast. */
export const SPECIAL_BLOCKS: readonly Cidr[] = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map(mustParseCidr);

export function isSpecial(ip: number): boolean {
  return SPECIAL_BLOCKS.some((block) => contains(block, ip));
}

/** The address at `index` of the CIDR, the network address being 0. */
export function nthAddress(cidr: Cidr, index: number): string {
  if (index < 0 || index >= sizeOf(cidr)) throw new RangeError(`${formatCidr(cidr)} has no address number ${index}`);
  return formatIpv4(cidr.base + index);
}

/** Keeps the host bits of `ip` and replaces the network bits of `from` by those of `to` (equal prefix lengths). */
export function remapIp(ip: string, from: Cidr, to: Cidr): string | undefined {
  const value = parseIpv4(ip);
  if (value === undefined || !contains(from, value)) return undefined;
  return formatIpv4((to.base | (value & ~maskOf(to.prefix))) >>> 0);
}

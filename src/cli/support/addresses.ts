/**
 * Addresses under other names, by a key: two that shared the first n bits still do, and no others. So CIDRs stay CIDRs, and what
 * overlapped overlaps. Crypto-PAn (Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization), but that private ranges
 * are mapped to themselves, and addresses that mean the same on every machine to themselves, one by one.
 */
import { createHmac } from "node:crypto";
import { type Cidr, contains, formatIpv4, maskOf, mustParseCidr, parseIpv4, SPECIAL_BLOCKS } from "#base/cidr.ts";

/** RFC 1918 and RFC 6598: that an address is private may be seen. */
const PRIVATE: readonly Cidr[] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map(mustParseCidr);
const KEPT: readonly Cidr[] = [...PRIVATE, ...SPECIAL_BLOCKS];

export type Rename = (text: string) => string;

/** For dotted quads; any other text is left as it is. */
export function addressRenamer(key: Buffer): Rename {
  const known = new Map<string, string>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const ip = parseIpv4(text);
    const renamed = ip === undefined ? text : formatIpv4(renamedIp(key, ip));
    known.set(text, renamed);
    return renamed;
  };
}

/** `10.244.0.0/16` to a CIDR of the same length. */
export function renameCidr(rename: Rename, address: string, prefix: number): string {
  const ip = parseIpv4(rename(address));
  const isNetwork = ((parseIpv4(address) ?? 0) & ~maskOf(prefix)) === 0;
  if (ip === undefined || prefix > 32) return `${rename(address)}/${prefix}`;
  return `${formatIpv4(isNetwork ? (ip & maskOf(prefix)) >>> 0 : ip)}/${prefix}`;
}

function renamedIp(key: Buffer, ip: number): number {
  if (SPECIAL_BLOCKS.some((block) => contains(block, ip))) return ip;
  let renamed = 0;
  for (let bit = 0; bit < 32; bit++) {
    const prefix = bit === 0 ? 0 : ip >>> (32 - bit);
    const own = (ip >>> (31 - bit)) & 1;
    renamed = ((renamed << 1) | (own ^ (leadsToKept(prefix, bit) ? 0 : flip(key, prefix, bit)))) >>> 0;
  }
  return renamed;
}

/** On the way to a block that is to stay where it is nothing may turn. */
function leadsToKept(prefix: number, length: number): boolean {
  return KEPT.some((block) => block.prefix > length && (length === 0 || block.base >>> (32 - length) === prefix));
}

function flip(key: Buffer, prefix: number, length: number): number {
  return (createHmac("sha256", key).update(`${length}/${prefix}`).digest()[0] ?? 0) & 1;
}

export function isIpv4Like(text: string): boolean {
  return /^[\d.]+$/.test(text);
}

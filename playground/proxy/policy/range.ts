/** Sets of IPv4 addresses, or of ports, as ranges of numbers, ends included. */
import { type Cidr, formatIpv4, parseCidr, sizeOf } from "#base/cidr.ts";

export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** What one ipBlock means. Blocks of IPv6 and what is no CIDR give nothing: no packet of ours comes from there. */
export function blockRanges({ cidr, except = [] }: { readonly cidr: string; readonly except?: readonly string[] }) {
  const whole = parseCidr(cidr);
  if (whole === undefined) return [];
  const holes = except.flatMap((text) => parseCidr(text) ?? []).map(rangeOf);
  return holes.reduce<NumberRange[]>((ranges, hole) => ranges.flatMap((range) => minus(range, hole)), [rangeOf(whole)]);
}

/** Sorted, none touching another: as the kernel wants the elements of one set. */
export function mergeRanges(ranges: readonly NumberRange[]): NumberRange[] {
  const merged: NumberRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1) merged.push(range);
    else merged[merged.length - 1] = { first: before.first, last: Math.max(before.last, range.last) };
  }
  return merged;
}

export function formatRange({ first, last }: NumberRange): string {
  return first === last ? formatIpv4(first) : `${formatIpv4(first)}-${formatIpv4(last)}`;
}

export function isWithin(ranges: readonly NumberRange[], ip: number): boolean {
  return ranges.some(({ first, last }) => first <= ip && ip <= last);
}

function rangeOf(cidr: Cidr): NumberRange {
  return { first: cidr.base, last: cidr.base + sizeOf(cidr) - 1 };
}

function minus(range: NumberRange, hole: NumberRange): NumberRange[] {
  if (hole.last < range.first || range.last < hole.first) return [range];
  return [
    ...(range.first < hole.first ? [{ first: range.first, last: hole.first - 1 }] : []),
    ...(hole.last < range.last ? [{ first: hole.last + 1, last: range.last }] : []),
  ];
}

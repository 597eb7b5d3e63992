/**
 * ipBlocks of NetworkPolicies in another cluster's view. CIDRs lie within each other or apart, so what becomes of a block is
 * one block for each CIDR that is moved, and one for the rest.
 */
import type { IPBlock } from "kubernetes-types/networking/v1";
import { type Cidr, contains, formatCidr, mustParseCidr, parseCidr } from "#base/cidr.ts";

/** Addresses of `from` are those of `to` in the other view; the host's part stays. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

interface Block {
  readonly cidr: Cidr;
  readonly except: readonly Cidr[];
}

/** Undefined: not of IPv4. */
function parseBlock({ cidr, except = [] }: IPBlock): Block | undefined {
  const parsed = parseCidr(cidr);
  return parsed === undefined ? undefined : { cidr: parsed, except: except.flatMap((text) => parseCidr(text) ?? []) };
}

export function isIpv4Block(block: IPBlock): boolean {
  return parseBlock(block) !== undefined;
}

/** Everybody is everybody in any view. */
export function isEverywhere({ cidr, except = [] }: IPBlock): boolean {
  return parseCidr(cidr)?.prefix === 0 && except.length === 0;
}

/** What of the block is moved, as it is after that. */
export function movedBlocks(block: IPBlock, moves: readonly Move[]): IPBlock[] {
  const whole = parseBlock(block);
  if (whole === undefined) return [];
  return moves.flatMap(({ from, to }) => {
    const [old, next] = [mustParseCidr(from), mustParseCidr(to)];
    const part = intersect(whole, old);
    return part === undefined ? [] : format(shift(part, old, next));
  });
}

/** What of the block is in none of these. */
export function blockWithout(block: IPBlock, cidrs: readonly string[]): IPBlock[] {
  const whole = parseBlock(block);
  if (whole === undefined) return [];
  return format({ cidr: whole.cidr, except: [...whole.except, ...cidrs.map(mustParseCidr)] });
}

function intersect({ cidr, except }: Block, other: Cidr): Block | undefined {
  if (covers(other, cidr)) return { cidr, except };
  return covers(cidr, other) ? { cidr: other, except } : undefined;
}

function shift({ cidr, except }: Block, from: Cidr, to: Cidr): Block {
  const move = ({ base, prefix }: Cidr): Cidr => ({ base: to.base + (base - from.base), prefix });
  return {
    cidr: move(cidr),
    except: except.flatMap((hole) => (covers(hole, cidr) ? move(cidr) : covers(cidr, hole) ? move(hole) : [])),
  };
}

/** None when nothing is left. Holes outside of the block are no holes, nor are those within another. */
function format({ cidr, except }: Block): IPBlock[] {
  if (except.some((hole) => covers(hole, cidr))) return [];
  const within = except.filter((hole) => covers(cidr, hole)).toSorted((a, b) => a.base - b.base || a.prefix - b.prefix);
  const holes = within.filter((hole, i) => !within.slice(0, i).some((before) => covers(before, hole)));
  return [{ cidr: formatCidr(cidr), ...(holes.length > 0 && { except: holes.map(formatCidr) }) }];
}

function covers(outer: Cidr, inner: Cidr): boolean {
  return outer.prefix <= inner.prefix && contains(outer, inner.base);
}

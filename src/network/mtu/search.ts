/**
 * Which packet sizes are tried to find the largest that the path carries. WireGuard pads to 16 bytes: sizes between two
 * multiples of that need the same path. Some sizes are tried at once, so that the answer is there after a few round trips.
 */

/** What every IPv4 host takes (RFC 791); smaller ones are not worth a tunnel. */
const LEAST_MTU = 576;
const STEP = 16;
const AT_ONCE = 8;

/** From the least to the bound, ascending; both are among them. */
export function candidateSizes(bound: number): number[] {
  const sizes: number[] = [];
  for (let size = Math.min(LEAST_MTU, bound); size < bound; size += STEP) sizes.push(size);
  return [...sizes, bound];
}

/** Indices of candidates: `carried` arrives, `lost` does not or is one beyond the last; what is between is not known. */
export interface Range {
  readonly carried: number;
  readonly lost: number;
}

/** The next indices to try, spread evenly; the largest that may arrive is one of them. None: nothing is left to find out. */
export function nextIndices({ carried, lost }: Range): number[] {
  const unknown = lost - carried - 1;
  const count = Math.min(unknown, AT_ONCE);
  return Array.from({ length: count }, (_, at) => carried + Math.ceil((unknown * (at + 1)) / count));
}

/** `answered` are those of `tried` that arrived. A larger one that arrived tells that a smaller one was lost by chance. */
export function narrow(range: Range, tried: readonly number[], answered: ReadonlySet<number>): Range {
  const carried = Math.max(range.carried, ...tried.filter((index) => answered.has(index)));
  const lost = Math.min(range.lost, ...tried.filter((index) => index > carried));
  return { carried, lost };
}

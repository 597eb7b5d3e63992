/** All changes between two times, from a server that gives so many at once, newest first. */
import type { Change } from "../../model/protocol.ts";

/** What the server gives at most. */
const AT_ONCE = 1_000;
const MOST_REQUESTS = 20;

type History = (query: {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}) => Promise<readonly Change[]>;

export async function everyChange(history: History, from: number, to: number): Promise<readonly Change[]> {
  const all = new Map<string, Change>();
  let end = to;
  for (let request = 0; request < MOST_REQUESTS; request++) {
    const changes = await history({ from, to: end, limit: AT_ONCE });
    // Those of the last millisecond come twice.
    for (const change of changes) all.set(`${change.at} ${change.key} ${change.says}`, change);
    const oldest = changes.at(-1)?.at;
    if (changes.length < AT_ONCE || oldest === undefined) break;
    end = oldest < end ? oldest : oldest - 1;
  }
  return [...all.values()];
}

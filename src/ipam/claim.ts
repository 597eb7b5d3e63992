/**
 * What a peer may claim as its pod or external CIDR. What overlaps this cluster's own networks is remapped; this is about
 * claims that no remapping makes good. Used for Configurations and Networks. Upstream takes whatever it finds room for.
 */
import { formatCidr, overlaps, parseCidr, SPECIAL_BLOCKS } from "#base/cidr.ts";

// The largest of the pools: what is larger finds a place nowhere.
const SHORTEST_PREFIX = 8;
/** Of each type. A claim is a Network, a route and several rules on every node. */
const MOST_CLAIMS = 16;

/** Why the CIDR cannot be a peer's; undefined when it can. */
export function claimProblem(text: string): string | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined) return `"${text.slice(0, 100)}" is not an IPv4 CIDR such as 10.0.0.0/16`;
  if (cidr.prefix < SHORTEST_PREFIX) return `${text} is too large: at most /${SHORTEST_PREFIX} is allowed`;
  const special = SPECIAL_BLOCKS.find((block) => overlaps(block, cidr));
  if (special !== undefined) return `${text} overlaps ${formatCidr(special)}, in which no cluster can be`;
  return undefined;
}

/** Why not all of these can be a peer's; undefined when they can. */
export function claimsProblem(type: string, all: readonly string[]): string | undefined {
  if (all.length > MOST_CLAIMS) return `${all.length} ${type} CIDRs: at most ${MOST_CLAIMS} are allowed`;
  for (const text of all) {
    const problem = claimProblem(text);
    if (problem !== undefined) return `${type} CIDR ${problem}`;
  }
  return undefined;
}

/** A chain from what somebody wants to what there is, and where it breaks. */

/** ok: as wanted. broken: what comes after follows from it. unknown: nobody could be asked, or it is not decided yet. */
export type LinkState = "ok" | "broken" | "unknown";

export interface Link {
  /** A word for what is looked at: `scheduling`. */
  readonly link: string;
  readonly state: LinkState;
  /** What was found. */
  readonly says: string;
  /** What to do about it. */
  readonly hint?: string;
}

export type Chain = Generator<Link, void>;

export function ok(link: string, says: string): Link {
  return { link, state: "ok", says };
}

export function broken(link: string, says: string, hint?: string): Link {
  return { link, state: "broken", says, ...(hint !== undefined && { hint }) };
}

export function unknown(link: string, says: string, hint?: string): Link {
  return { link, state: "unknown", says, ...(hint !== undefined && { hint }) };
}

/** Up to the first one that is broken. */
export function walk(chain: Chain): Link[] {
  const links: Link[] = [];
  for (const link of chain) {
    links.push(link);
    if (link.state === "broken") break;
  }
  return links;
}

const MARKS: Readonly<Record<LinkState, string>> = { ok: "✓", broken: "✗", unknown: "?" };

/** A line for each, and one more where there is something to do. */
export function formatLinks(links: readonly Link[]): string {
  const width = Math.max(0, ...links.map(({ link }) => link.length));
  return links
    .flatMap(({ link, state, says, hint }) => [
      `${MARKS[state]} ${link.padEnd(width)}  ${says}`,
      ...(hint === undefined ? [] : [`${" ".repeat(width + 4)}→ ${hint}`]),
    ])
    .join("\n");
}

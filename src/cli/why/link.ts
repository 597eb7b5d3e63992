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

// More than any message of Kubernetes' own.
const MOST_CHARACTERS = 2_000;

/** One line without what a terminal would obey or turn around: much of it is written by the other cluster. */
export function printable(text: string): string {
  const line = text.slice(0, MOST_CHARACTERS).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
  return text.length > MOST_CHARACTERS ? `${line}…` : line;
}

function linkOf(state: LinkState, link: string, says: string, hint?: string): Link {
  return { link, state, says: printable(says), ...(hint !== undefined && { hint: printable(hint) }) };
}

export const ok = (link: string, says: string): Link => linkOf("ok", link, says);

export const broken = (link: string, says: string, hint?: string): Link => linkOf("broken", link, says, hint);

export const unknown = (link: string, says: string, hint?: string): Link => linkOf("unknown", link, says, hint);

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

/** Where the links of documents lead on the site: to its pages, and for other files to the repository. */
import { posix } from "node:path";
import { pageOf } from "./pages.ts";

export interface Project {
  readonly documents: ReadonlySet<string>;
  /** Where the repository shows files, such as `https://github.com/owner/name/blob/main/`; undefined when nobody said. */
  readonly sourceUrl: string | undefined;
}

/** The link of `document`, as the site has it; undefined for a file of the repository when nobody said where that is. */
export function linkOnSite(document: string, href: string, { documents, sourceUrl }: Project): string | undefined {
  if (/^[a-z]+:|^#/i.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  const target = posix.join(posix.dirname(document), decodeURI(path)).replace(/\/$/, "");
  const page = [target, `${target}/README.md`].find((each) => documents.has(each));
  const suffix = anchor === undefined ? "" : `#${anchor}`;
  if (page !== undefined) return `/${pageOf(page)}${suffix}`;
  // A document that is not there: the build says so.
  if (target.endsWith(".md")) return `/${target}${suffix}`;
  return sourceUrl === undefined ? undefined : `${sourceUrl}${target}${suffix}`;
}

/** Which files of the project are pages of the site, and where they lie there. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

/** All documents of the project that Git knows or may know: none of packages, none that is built. */
export function documents(): string[] {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed
    .trim()
    .split("\n")
    .filter((path) => !path.startsWith("."))
    .sort();
}

/** `docs/usage/peering.md` is `usage/peering.md` there; the README of a folder is its index, and SECURITY.md no second security.md. */
export function pageOf(document: string): string {
  if (/^[A-Z_]+\.md$/.test(document) && document !== "README.md") return `project/${document.toLowerCase()}`;
  return document.replace(/^docs\//, "").replace(/(^|\/)README\.md$/, "$1index.md");
}

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

/**
 * `docs/usage/peering.md` is `usage/peering.md` there, and what lies outside of docs is below `project`: no SECURITY.md
 * beside a security.md. The README of a folder is its index.
 */
export function pageOf(document: string): string {
  if (document === "README.md") return "index.md";
  const page = document.replace(/(^|\/)README\.md$/, "$1index.md");
  return page.startsWith("docs/") ? page.slice("docs/".length) : `project/${page}`;
}

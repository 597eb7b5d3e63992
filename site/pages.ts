/** Which files of the project are pages of the site, and where they lie there. */
import { globSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..");

/** All documents of the project: none of packages, none of folders that begin with a dot. */
export function documents(): string[] {
  return globSync("**/*.md", { cwd: ROOT, exclude: ["**/node_modules/**", ".*/**"] }).sort();
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

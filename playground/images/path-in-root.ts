/** Where a path of an image leads: links are followed as inside the image, which they cannot leave. */
import { lstatSync, readlinkSync } from "node:fs";
import { join } from "node:path";

// As many as Linux follows.
const MOST_LINKS = 40;
const MOST_PARTS = 4_096;

export type Found = { readonly link: string } | "file" | "directory" | undefined;

/** The path without links, relative to the root; undefined when links go in circles, or too far. What does not exist is taken as it is named. */
export function resolveInRoot(path: string, look: (path: string) => Found): string | undefined {
  const ahead = path.split("/");
  const behind: string[] = [];
  let links = 0;
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      behind.pop();
      continue;
    }
    const found = look([...behind, part].join("/"));
    if (typeof found !== "object") {
      behind.push(part);
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    if (found.link.startsWith("/")) behind.length = 0;
    ahead.unshift(...found.link.split("/"));
    if (ahead.length > MOST_PARTS) return undefined;
  }
  return behind.join("/");
}

export function lookBelow(root: string, path: string): Found {
  const full = join(root, path);
  const found = lstatSync(full, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true) return { link: readlinkSync(full) };
  if (found === undefined) return undefined;
  return found.isDirectory() ? "directory" : "file";
}

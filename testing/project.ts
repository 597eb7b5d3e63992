/** Where this package lies, whether it runs from its sources or as a bundle. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The nearest folder above that has a package.json. */
export function findProject(from: string): string {
  if (existsSync(join(from, "package.json"))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error("liqo-ts/testing: the package has no package.json");
  return findProject(parent);
}

/** Writes the version of package.json to where others read it. Run by `npm version`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "#base/version.ts";
import { PLACES, withVersion } from "./version-places.ts";

const root = join(import.meta.dirname, "..");

for (const [file, places] of Object.entries(PLACES)) {
  const path = join(root, file);
  writeFileSync(path, withVersion(readFileSync(path, "utf8"), places, VERSION));
}

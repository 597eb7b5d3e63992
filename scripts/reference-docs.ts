/** Writes docs/reference from the kinds, the chart and the labels: node scripts/reference-docs.ts */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PAGES } from "./reference/pages.ts";

const folder = join(import.meta.dirname, "../docs/reference");
mkdirSync(folder, { recursive: true });
for (const [name, format] of Object.entries(PAGES)) writeFileSync(join(folder, name), format());

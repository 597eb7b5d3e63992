/** Writes docs/pods.md from the table of pod fields: node scripts/pods-docs.ts */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPodsPage } from "./pods-page.ts";

writeFileSync(join(import.meta.dirname, "../docs/pods.md"), formatPodsPage());

/** Writes docs/liqoctl.md from liqoctl's commands: node scripts/liqoctl-docs.ts */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatReference } from "#cli/reference/reference.ts";
import { liqoctl } from "../cmd/liqoctl/commands.ts";

writeFileSync(join(import.meta.dirname, "../docs/liqoctl.md"), formatReference(liqoctl));

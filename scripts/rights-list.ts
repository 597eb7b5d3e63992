/**
 * Writes the lists of rights in docs/security.md from the chart's roles, each rule with the reason that stands above it:
 * node scripts/rights-list.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseRoles, template } from "#kit/chart.ts";
import { withRights } from "#kit/rights-list.ts";

const FILE = join(import.meta.dirname, "../docs/security.md");
writeFileSync(FILE, withRights(readFileSync(FILE, "utf8"), parseRoles(await template())));

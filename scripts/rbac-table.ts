/**
 * Writes the tables of rights in docs/security.md from the chart's roles, each rule with the reason that stands above it:
 * node scripts/rbac-table.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseRoles, template } from "#kit/chart.ts";
import { withTables } from "#kit/rights-table.ts";

const FILE = join(import.meta.dirname, "../docs/security.md");
writeFileSync(FILE, withTables(readFileSync(FILE, "utf8"), parseRoles(await template())));

/** Writes deploy/grafana from scripts/dashboards: node scripts/generate-dashboards.ts */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { dashboards } from "./dashboards/all.ts";
import { renderDashboard } from "./dashboards/dashboard.ts";

const folder = join(import.meta.dirname, "../deploy/grafana");
for (const dashboard of dashboards) writeFileSync(join(folder, `${dashboard.uid}.json`), renderDashboard(dashboard));

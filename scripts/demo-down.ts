/** `make demo-down`: removes what the demo made, its dashboard first. */
import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { stopDashboard } from "./demo-dashboard.ts";

const ROOT = join(import.meta.dirname, "..");

await stopDashboard(process.env["LIQO_PLAYGROUND_HOME"] ?? join(homedir(), ".liqo/playground"));
const { status } = spawnSync(join(ROOT, "bin/liqoctl"), ["playground", "delete"], { stdio: "inherit" });
process.exit(status ?? 1);

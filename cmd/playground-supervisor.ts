/** The playground's supervisor. Usage: playground-supervisor <home> <project folder> */
import { join } from "node:path";
import { playgroundPaths } from "#playground/supervisor/paths.ts";
import { startTimeOf, writeRecord } from "#playground/supervisor/processes.ts";
import { runSupervisor } from "#playground/supervisor/supervisor.ts";
import { runMain } from "./process.ts";

await runMain("playground-supervisor", async (ctx) => {
  const [home, project] = process.argv.slice(2);
  if (home === undefined || project === undefined)
    throw new Error("usage: playground-supervisor <home> <project folder>");
  const paths = playgroundPaths(home);
  const startTime = startTimeOf(process.pid);
  if (startTime !== undefined) writeRecord(home, "supervisor", { pid: process.pid, startTime });
  await runSupervisor(ctx, paths, { node: process.execPath, bundles: join(project, ".build/bundle"), project });
});

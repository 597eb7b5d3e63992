/** The dashboard of `make demo`: a process of its own, which ends with the playground. */
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { killRecorded, startTimeOf, writeRecord } from "#playground/supervisor/processes.ts";

const NAME = "demo-dashboard";
const TIMEOUT_MS = 20_000;

/** In place of the one that runs: its address is worth nothing any more. Resolves with the new address. */
export async function startDashboard(ctx: Context, root: string, home: string): Promise<string> {
  await stopDashboard(home);
  const log = join(home, `${NAME}.log`);
  rmSync(log, { force: true });
  // The address lets in whoever reads it first.
  const output = openSync(log, "w", 0o600);
  const kubeconfig = join(home, "kubeconfig");
  const contexts = ["--context", "milan", "--context", "rome"];
  const child = spawn(
    process.execPath,
    [join(root, ".build/bundle/liqoctl.js"), "dashboard", "--no-open", "--kubeconfig", kubeconfig, ...contexts],
    {
      stdio: ["ignore", output, output],
      detached: true,
      env: { ...process.env, LIQO_PROJECT: root, LIQO_PLAYGROUND_HOME: home, NO_COLOR: "1" },
    },
  );
  closeSync(output);
  let isEnded = false;
  for (const event of ["exit", "error"] as const)
    child.once(event, () => {
      isEnded = true;
    });
  const { pid } = child;
  if (pid !== undefined) writeRecord(home, NAME, { pid, startTime: startTimeOf(pid) ?? "" });
  child.unref();
  const limited = withTimeout(ctx, TIMEOUT_MS);
  for (;;) {
    const text = readFileSync(log, "utf8");
    const [url] = /http:\/\/\S+/.exec(text) ?? [];
    if (url !== undefined) return url;
    if (isEnded || limited.signal.aborted)
      throw new Error(`the dashboard did not start: ${text.trim() || `see ${log}`}`);
    await sleep(limited, 20);
  }
}

export async function stopDashboard(home: string): Promise<void> {
  await killRecorded(home, NAME);
}

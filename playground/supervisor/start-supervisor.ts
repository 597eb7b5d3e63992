/** How a command gets a supervisor that works: it starts one, or one in place of another that hangs. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Paths } from "./paths.ts";
import { findRecord, isAlive, isHalted, killRecorded, startTimeOf, writeRecord } from "./processes.ts";

export interface PlaygroundPrograms {
  readonly node: string;
  readonly bundles: string;
  readonly project: string;
}

const NAME = "supervisor";
// It has nothing to tidy up: another one goes on where it was.
const GRACE_MS = 500;

/** Whether a supervisor runs and can follow the specification. */
export function isSupervised(paths: Paths): boolean {
  const record = findRecord(paths.home, NAME);
  return record !== undefined && isAlive(record) && !isHalted(record);
}

/** A supervisor that runs already follows the new specification by itself; a halted one is replaced. */
export async function startSupervisor(paths: Paths, programs: PlaygroundPrograms): Promise<void> {
  if (!isSupervised(paths)) await replaceSupervisor(paths, programs);
}

/** Ends the present supervisor, by force if need be, and starts another; the clusters' processes go on. */
export async function replaceSupervisor(paths: Paths, programs: PlaygroundPrograms): Promise<void> {
  await killRecorded(paths.home, NAME, GRACE_MS);
  const log = openSync(paths.supervisorLog, "a");
  const entry = join(programs.bundles, "playground-supervisor.js");
  const child = spawn(programs.node, [entry, paths.home, programs.project], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.unref();
  // It writes the same when it has started: whoever waits for its end must not look before it has begun.
  const startTime = child.pid === undefined ? undefined : startTimeOf(child.pid);
  if (child.pid !== undefined && startTime !== undefined) writeRecord(paths.home, NAME, { pid: child.pid, startTime });
}

/**
 * Empties the home folder after the last cluster has gone. The folder is the user's to choose, and may hold what is not
 * the playground's (`images.yaml`, or a whole home): only names that the playground writes are taken.
 */
import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { hasCode } from "#base/errors.ts";
import type { Paths } from "./paths.ts";
import { listRecords } from "./processes.ts";

// The first is cmd/playground-supervisor.ts's, the second playground/lab/state.ts's, the others scripts/demo.ts's.
const MARKS = [
  "supervisor.pid",
  "lab-network.json",
  "lab-network.json.new",
  "demo.pid",
  "demo-dashboard.pid",
  "demo-dashboard.log",
];
/** What `liqoctl dashboard` remembers of the clusters, and what SQLite keeps beside it. */
const REMEMBERED = /^dashboard-[0-9a-f]{12}\.sqlite(-wal|-shm|-journal)?$/;

/** Removes what the playground made, then each folder of it that is empty. A home that is not there is success. */
export function removeHome(paths: Paths): void {
  for (const name of listRecords(paths.run)) rmSync(join(paths.run, `${name}.pid`), { force: true });
  removeIfEmpty(paths.run);
  removeIfEmpty(paths.clusters);
  rmSync(paths.imageStore, { recursive: true, force: true });
  if (!existsSync(paths.home)) return;
  const files = [paths.spec, paths.kubeconfig, paths.supervisorLog].map((path) => basename(path));
  for (const file of readdirSync(paths.home)) {
    if (files.includes(file) || MARKS.includes(file) || REMEMBERED.test(file) || isTemporary(file, files))
      rmSync(join(paths.home, file), { force: true });
  }
  removeIfEmpty(paths.home);
}

/** `playground.json.<pid>.new`, left by a writer that was killed; see writeAtomically. */
function isTemporary(file: string, files: readonly string[]): boolean {
  return files.some((own) => file.startsWith(`${own}.`) && /\.\d+\.new$/.test(file));
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!["ENOTEMPTY", "ENOENT"].some((code) => hasCode(error, code))) throw error;
  }
}

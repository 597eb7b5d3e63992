/**
 * Replaces all files of a volume at one instant: they are links into `..data`, itself a link that is swapped by rename.
 * Kubernetes: pkg/volume/util/atomic_writer.go
 */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { hasCode } from "#base/errors.ts";
import type { Payload } from "./payload.ts";

const DATA = "..data";

/** Writes the payload; false when the volume held just that already. `gid` owns the files when the pod has an fsGroup. */
export function writePayload(
  directory: string,
  payload: Payload,
  { gid, epochMs }: { readonly gid?: number | undefined; readonly epochMs: number },
): boolean {
  mkdirSync(directory, { recursive: true });
  const current = currentFolder(directory);
  if (current !== undefined && sameContent(join(directory, current), payload)) return false;
  const folder = mkdtempSync(join(directory, `..${new Date(epochMs).toISOString().replace(/[-:TZ]/g, "_")}`));
  chmodSync(folder, 0o755);
  for (const [path, { content, mode }] of payload) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
    // The group may read what the owner may, as the kubelet does for an fsGroup.
    chmodSync(join(folder, path), gid === undefined ? mode : mode | ((mode & 0o400) >> 3));
    if (gid !== undefined) chownSync(join(folder, path), 0, gid);
  }
  symlinkSync(basename(folder), join(directory, "..data_tmp"));
  renameSync(join(directory, "..data_tmp"), join(directory, DATA));
  linkTopLevel(directory, payload);
  if (current !== undefined) rmSync(join(directory, current), { recursive: true, force: true });
  return true;
}

function currentFolder(directory: string): string | undefined {
  try {
    return readlinkSync(join(directory, DATA));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function linkTopLevel(directory: string, payload: Payload): void {
  const wanted = new Set([...payload.keys()].map((path) => path.split("/")[0] ?? ""));
  const present = new Set(readdirSync(directory));
  for (const name of wanted) if (!present.has(name)) symlinkSync(join(DATA, name), join(directory, name));
  for (const name of present)
    if (!name.startsWith("..") && !wanted.has(name)) rmSync(join(directory, name), { force: true });
}

function sameContent(folder: string, payload: Payload): boolean {
  const present = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (present.length !== payload.size) return false;
  return [...payload].every(([path, { content, mode }]) => {
    const full = join(folder, path);
    if (!present.some((entry) => join(entry.parentPath, entry.name) === full)) return false;
    return readFileSync(full).equals(content) && (statSync(full).mode & 0o600) === (mode & 0o600);
  });
}

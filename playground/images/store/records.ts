/** What is kept of each image, one file each; read whenever asked, for other processes write too. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { entriesOf } from "#base/folder.ts";
import type { ImageConfig } from "./image-config.ts";
import { keyOf, type Places } from "./places.ts";

export interface ImageRecord {
  /** `docker.io/library/redis:alpine` */
  readonly reference: string;
  /** `docker.io/library/redis` */
  readonly repository: string;
  /** Of what the reference means in the registry: of the index, where there is one. */
  readonly digest: string;
  readonly config: ImageConfig;
  /** The blobs it was made of. */
  readonly blobs: readonly string[];
  /** Names of its layers' folders, the lowest first. */
  readonly layers: readonly string[];
  /** As pulled. */
  readonly sizeBytes: number;
  /** Of the image's own files. */
  readonly accounts: { readonly passwd: string; readonly group: string };
  readonly pulledAtMs: number;
  /** Who may use it without asking the registry: everybody, or whoever has one of these credentials (hashes). */
  readonly access: "everybody" | readonly string[];
  /** Loaded by hand: wins over the catalogue's images. In which clusters; absent: in all. */
  readonly loaded?: { readonly clusters?: readonly string[] };
}

export function findImageRecord(places: Places, reference: string): ImageRecord | undefined {
  return readRecord(join(places.images, keyOf(reference)));
}

export function listImageRecords(places: Places): ImageRecord[] {
  return entriesOf(places.images)
    .filter((name) => /^[a-f0-9]{32}$/.test(name))
    .flatMap((name) => readRecord(join(places.images, name)) ?? []);
}

export function writeImageRecord(places: Places, record: ImageRecord): void {
  const path = join(places.images, keyOf(record.reference));
  const aside = `${path}.${randomUUID()}`;
  writeFileSync(aside, JSON.stringify(record), { mode: 0o600 });
  renameSync(aside, path);
}

export function removeImageRecord(places: Places, reference: string): void {
  rmSync(join(places.images, keyOf(reference)), { force: true });
}

/** The image is used now. */
export function touchImageRecord(places: Places, reference: string, nowMs: number): void {
  utimesSync(join(places.images, keyOf(reference)), nowMs / 1000, nowMs / 1000);
}

export function lastUsedMs(places: Places, reference: string): number {
  return statSync(join(places.images, keyOf(reference)), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

interface Use {
  readonly reference: string;
  readonly layers: readonly string[];
  /** The container's folder: as long as it is there, so is the use. */
  readonly bundle: string;
}

export function writeUse(places: Places, id: string, use: Use): void {
  writeFileSync(join(places.uses, id), JSON.stringify(use), { mode: 0o600 });
}

/** Uses of containers that are there; what others have left is removed. */
export function listUses(places: Places): Use[] {
  return entriesOf(places.uses).flatMap((id) => {
    const path = join(places.uses, id);
    const use = readRecord<Use>(path);
    if (use !== undefined && existsSync(use.bundle)) return [use];
    rmSync(path, { force: true });
    return [];
  });
}

/** Undefined when it is gone. */
function readRecord<T = ImageRecord>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch {
    return undefined;
  }
}

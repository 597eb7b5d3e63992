/**
 * Takes images away that nothing uses, when they have more of the disk than they may, or are old. Kubernetes:
 * pkg/kubelet/images/image_gc_manager.go (85 % begins it, 80 % ends it, the least recently used first, none younger than 2 minutes).
 */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { entriesOf } from "#base/folder.ts";
import { tryLockFile } from "./lock.ts";
import type { Places } from "./places.ts";
import { type ImageRecord, lastUsedMs, listImageRecords, listUses, removeImageRecord } from "./records.ts";
import { diskUsage, layerBytes, storeBytes } from "./room.ts";
import { readSettings } from "./settings.ts";

export interface GarbageInput {
  readonly nowMs: number;
  readonly usedBytes: number;
  readonly mostBytes: number;
  /** Of an image that has no room; 0: there is none. */
  readonly wantedBytes: number;
  /** 0: images do not grow too old. */
  readonly mostAgeMs: number;
  readonly images: readonly {
    readonly reference: string;
    /** Folders and blobs that it needs, with their sizes. */
    readonly parts: Readonly<Record<string, number>>;
    readonly lastUsedMs: number;
    readonly isUsed: boolean;
    readonly isLoaded: boolean;
  }[];
}

const HIGH_SHARE = 0.85;
const LOW_SHARE = 0.8;
const LEAST_AGE_MS = 120_000;
// Blobs of a pull that was cut off, whole and in part: the next one goes on with them.
const KEPT_BLOB_MS = 3_600_000;
// The next try of a pod is within 5 min.
const KEPT_WHEN_TIGHT_MS = 600_000;

/** References of the images to remove. What was loaded by hand nobody can pull again: it goes last. */
export function planGarbage(input: GarbageInput): string[] {
  const { nowMs, mostAgeMs } = input;
  const free = input.images.filter((image) => !image.isUsed && nowMs - image.lastUsedMs >= LEAST_AGE_MS);
  const removed = new Set(
    free
      .filter((image) => mostAgeMs > 0 && !image.isLoaded && nowMs - image.lastUsedMs > mostAgeMs)
      .map(({ reference }) => reference),
  );
  if (!isTight(input)) return [...removed];
  const goal = Math.min(input.mostBytes * LOW_SHARE, input.mostBytes - input.wantedBytes);
  const order = free.toSorted((a, b) => Number(a.isLoaded) - Number(b.isLoaded) || a.lastUsedMs - b.lastUsedMs);
  for (const { reference } of order) {
    if (input.usedBytes - freedBytes(input, removed) <= goal) break;
    removed.add(reference);
  }
  // What never fits is no reason to remove others.
  const hasRoom = input.usedBytes - freedBytes(input, removed) + input.wantedBytes <= input.mostBytes;
  return hasRoom || input.wantedBytes === 0 ? [...removed] : planGarbage({ ...input, wantedBytes: 0 });
}

function isTight({ usedBytes, mostBytes, wantedBytes }: Omit<GarbageInput, "images">): boolean {
  return usedBytes >= mostBytes * HIGH_SHARE || usedBytes + wantedBytes > mostBytes;
}

/** What only removed images need. */
function freedBytes({ images }: GarbageInput, removed: ReadonlySet<string>): number {
  const kept = new Set(
    images.filter(({ reference }) => !removed.has(reference)).flatMap(({ parts }) => Object.keys(parts)),
  );
  const gone = images.filter(({ reference }) => removed.has(reference)).flatMap(({ parts }) => Object.entries(parts));
  return [...new Map(gone)].reduce((sum, [name, bytes]) => sum + (kept.has(name) ? 0 : bytes), 0);
}

export interface GarbageDeps {
  readonly places: Places;
  readonly clock: Clock;
  /** Of an image that has no room: as much is freed where that helps. Default: 0. */
  readonly wantedBytes?: number;
  /** How long what has come of a pull that was cut stays. */
  readonly keptPartsMs?: number;
}

/**
 * Removes what is too much, and what an agent that was killed has left half done. Nothing while anybody pulls. Resolves with
 * whether there is more room than before.
 */
export async function collectGarbage(
  ctx: Context,
  { places, clock, wantedBytes = 0, keptPartsMs }: GarbageDeps,
): Promise<boolean> {
  const held = await tryLockFile(ctx, join(places.locks, "store"));
  if (held === undefined) return false;
  await using _held = held;
  const before = storeBytes(places);
  for (const name of entriesOf(places.tmp)) rmSync(join(places.tmp, name), { recursive: true, force: true });
  const { mostAgeMs } = readSettings(places);
  const bounds = { nowMs: clock.epochMs(), mostAgeMs, wantedBytes };
  // Nobody pulls, so nobody has one.
  for (const name of entriesOf(places.locks)) if (name.startsWith("blob-")) rmSync(join(places.locks, name));
  const isFull = isTight({ ...diskUsage(places), ...bounds });
  sweep(places, bounds.nowMs - (keptPartsMs ?? (isFull ? KEPT_WHEN_TIGHT_MS : KEPT_BLOB_MS)));
  const records = listImageRecords(places);
  const images = describeImages(places, records);
  const removed = planGarbage({ ...diskUsage(places), ...bounds, images });
  for (const reference of removed) removeImageRecord(places, reference);
  const gone = records.filter(({ reference }) => removed.includes(reference)).flatMap(({ blobs }) => blobs);
  sweep(places, bounds.nowMs - KEPT_BLOB_MS, new Set(gone.map(hexOf)));
  if (removed.length > 0) ctx.log.info("images removed", { images: removed.join(" ") });
  return storeBytes(places) < before;
}

function describeImages(places: Places, records: readonly ImageRecord[]): GarbageInput["images"] {
  const used = new Set(listUses(places).map(({ reference }) => reference));
  return records.map((record) => ({
    reference: record.reference,
    parts: sizesOf(places, record),
    lastUsedMs: lastUsedMs(places, record.reference),
    isUsed: used.has(record.reference),
    isLoaded: record.loaded !== undefined,
  }));
}

/** Removes layers that no image has and no container stands on, and blobs that no image has: `gone` and those from before then. */
function sweep(places: Places, beforeMs: number, gone: ReadonlySet<string> = new Set()): void {
  const records = listImageRecords(places);
  // Uses anew: a container may have begun to use what was free a moment ago.
  const layers = new Set([...records, ...listUses(places)].flatMap((each) => each.layers));
  for (const name of entriesOf(places.layers))
    if (!layers.has(name)) rmSync(join(places.layers, name), { recursive: true, force: true });
  const blobs = new Set(records.flatMap((record) => record.blobs).map(hexOf));
  for (const folder of [join(places.blobs, "sha256"), places.partial])
    for (const name of entriesOf(folder)) {
      const changedMs = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (!blobs.has(name) && (gone.has(name) || changedMs <= beforeMs)) rmSync(join(folder, name), { force: true });
    }
}

function hexOf(digest: string): string {
  return digest.replace("sha256:", "");
}

function sizesOf(
  places: Places,
  { blobs, layers }: { blobs: readonly string[]; layers: readonly string[] },
): Record<string, number> {
  const blobSize = (digest: string): number =>
    statSync(join(places.blobs, "sha256", hexOf(digest)), { throwIfNoEntry: false })?.size ?? 0;
  return Object.fromEntries([
    ...blobs.map((digest) => [digest, blobSize(digest)] as const),
    ...layers.map((name) => [name, layerBytes(places, name)] as const),
  ]);
}

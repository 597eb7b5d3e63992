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
import { lastUsedMs, listImageRecords, listUses, removeImageRecord } from "./records.ts";
import { diskUsage, layerBytes, readSettings } from "./settings.ts";

export interface GarbageInput {
  readonly nowMs: number;
  readonly usedBytes: number;
  readonly mostBytes: number;
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

/** References of the images to remove. What was loaded by hand nobody can pull again: it goes last. */
export function planGarbage(input: GarbageInput): string[] {
  const { nowMs, mostAgeMs } = input;
  const free = input.images.filter((image) => !image.isUsed && nowMs - image.lastUsedMs >= LEAST_AGE_MS);
  const removed = new Set(
    free
      .filter((image) => mostAgeMs > 0 && !image.isLoaded && nowMs - image.lastUsedMs > mostAgeMs)
      .map(({ reference }) => reference),
  );
  if (input.usedBytes < input.mostBytes * HIGH_SHARE) return [...removed];
  const order = free.toSorted((a, b) => Number(a.isLoaded) - Number(b.isLoaded) || a.lastUsedMs - b.lastUsedMs);
  for (const { reference } of order) {
    if (input.usedBytes - freedBytes(input, removed) <= input.mostBytes * LOW_SHARE) break;
    removed.add(reference);
  }
  return [...removed];
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
}

/** Removes what is too much, and what an agent that was killed has left half done. Nothing while anybody pulls. */
export async function collectGarbage(ctx: Context, { places, clock }: GarbageDeps): Promise<string[]> {
  const held = await tryLockFile(ctx, join(places.locks, "store"));
  if (held === undefined) return [];
  await using _held = held;
  for (const name of entriesOf(places.tmp)) rmSync(join(places.tmp, name), { recursive: true, force: true });
  const used = new Set(listUses(places).map(({ reference }) => reference));
  const images = listImageRecords(places).map((record) => ({
    reference: record.reference,
    parts: sizesOf(places, record),
    lastUsedMs: lastUsedMs(places, record.reference),
    isUsed: used.has(record.reference),
    isLoaded: record.loaded !== undefined,
  }));
  const { mostAgeMs } = readSettings(places);
  const removed = planGarbage({ ...diskUsage(places), nowMs: clock.epochMs(), mostAgeMs, images });
  for (const reference of removed) removeImageRecord(places, reference);
  // Anew: a container may have begun to use what was free a moment ago.
  sweep(places, new Set(listUses(places).flatMap(({ layers }) => layers)), clock.epochMs());
  if (removed.length > 0) ctx.log.info("images removed", { images: removed.join(" ") });
  return removed;
}

/** Removes layers and blobs that no image has and no container stands on. */
function sweep(places: Places, usedLayers: ReadonlySet<string>, nowMs: number): void {
  const records = listImageRecords(places);
  const layers = new Set([...records.flatMap((record) => record.layers), ...usedLayers]);
  for (const name of entriesOf(places.layers))
    if (!layers.has(name)) rmSync(join(places.layers, name), { recursive: true, force: true });
  const blobs = new Set(records.flatMap((record) => record.blobs).map((digest) => digest.replace("sha256:", "")));
  removeOld(join(places.blobs, "sha256"), nowMs, (name) => blobs.has(name));
  removeOld(places.partial, nowMs);
  // Nobody pulls, so nobody has one.
  for (const name of entriesOf(places.locks)) if (name.startsWith("blob-")) rmSync(join(places.locks, name));
}

function removeOld(folder: string, nowMs: number, isKept: (name: string) => boolean = () => false): void {
  for (const name of entriesOf(folder)) {
    const isOld = nowMs - (statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0) > KEPT_BLOB_MS;
    if (!isKept(name) && isOld) rmSync(join(folder, name), { force: true });
  }
}

function sizesOf(
  places: Places,
  { blobs, layers }: { blobs: readonly string[]; layers: readonly string[] },
): Record<string, number> {
  const blobSize = (digest: string): number =>
    statSync(join(places.blobs, "sha256", digest.replace("sha256:", "")), { throwIfNoEntry: false })?.size ?? 0;
  return Object.fromEntries([
    ...blobs.map((digest) => [digest, blobSize(digest)] as const),
    ...layers.map((name) => [name, layerBytes(places, name)] as const),
  ]);
}

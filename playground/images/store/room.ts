/** How much of the disk images have, and may have. */
import { statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasCode, messageOf } from "#base/errors.ts";
import { entriesOf } from "#base/folder.ts";
import { readLayer } from "./layers.ts";
import type { Places } from "./places.ts";
import { readSettings } from "./settings.ts";

// So that an image never fills the disk: the kubelet evicts pods below 10 %, and we have no eviction.
const FREE_SHARE = 0.05;
const NO_SPACE = /no space left on device/i;

/** An image has no room, unless so much is taken away. */
export class NoRoomError extends Error {
  readonly wantedBytes: number;

  constructor(message: string, wantedBytes: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "NoRoomError";
    this.wantedBytes = wantedBytes;
  }
}

export interface DiskUsage {
  readonly usedBytes: number;
  /** What images may have now: less than the settings say where the disk is nearly full. */
  readonly mostBytes: number;
}

export function diskUsage(places: Places): DiskUsage {
  const usedBytes = storeBytes(places);
  return { usedBytes, mostBytes: Math.min(readSettings(places).mostBytes, usedBytes + disk(places).roomBytes) };
}

/** For what has no room; `said` is what was found where the disk itself has refused it. */
export function noRoom(places: Places, wantedBytes: number, said?: unknown): NoRoomError {
  const { mostBytes } = readSettings(places);
  const { freeBytes, keptBytes, roomBytes } = disk(places);
  const isBySetting = said === undefined && mostBytes < storeBytes(places) + roomBytes;
  const message = isBySetting
    ? `images take more than the ${mostBytes} bytes that they may have on this machine (--image-disk)`
    : `no space left on the disk of ${places.root}: ${freeBytes} bytes are free, of which images leave ${keptBytes}`;
  return new NoRoomError(said === undefined ? message : `${message}: ${messageOf(said)}`, wantedBytes);
}

/** Whether the disk itself has said that it is full. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && (hasCode(error, "ENOSPC") || NO_SPACE.test(messageOf(error)));
}

function disk({ root }: Places): { freeBytes: number; keptBytes: number; roomBytes: number } {
  const { bsize, bavail, blocks } = statfsSync(root);
  const [freeBytes, keptBytes] = [bsize * bavail, Math.ceil(bsize * blocks * FREE_SHARE)];
  return { freeBytes, keptBytes, roomBytes: Math.max(0, freeBytes - keptBytes) };
}

/** Of blobs, of layers, and of what is being pulled or was cut; not of what is being unpacked, which has limits of its own. */
export function storeBytes(places: Places): number {
  const layers = entriesOf(places.layers).reduce((sum, name) => sum + layerBytes(places, name), 0);
  const pulled = entriesOf(places.tmp).reduce((sum, name) => sum + folderBytes(join(places.tmp, name, "layout")), 0);
  return layers + pulled + folderBytes(places.partial) + folderBytes(join(places.blobs, "sha256"));
}

/** 0 when it is gone. */
export function layerBytes(places: Places, name: string): number {
  try {
    return readLayer(places, name).sizeBytes;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return 0;
    throw error;
  }
}

function folderBytes(folder: string): number {
  return entriesOf(folder).reduce((sum, name) => {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    return sum + (found?.isFile() === true ? found.size : 0);
  }, 0);
}

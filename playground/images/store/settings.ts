/** How much of the disk images may have, read whenever it matters. Kubernetes: pkg/kubelet/images/image_gc_manager.go */
import { readFileSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "#base/errors.ts";
import { entriesOf } from "#base/folder.ts";
import { readLayer } from "./layers.ts";
import type { Places } from "./places.ts";

export interface ImageSettings {
  /** Layers, compressed and unpacked, of all images. */
  readonly mostBytes: number;
  /** How long an image stays that nothing uses; 0: as long as there is room. */
  readonly mostAgeMs: number;
  /** After how long a pull is given up to which nothing comes. */
  readonly progressTimeoutMs: number;
}

const GIB = 1024 ** 3;
const DEFAULT_SETTINGS: ImageSettings = {
  ...{ mostBytes: 32 * GIB, mostAgeMs: 0 },
  // containerd: image_pull_progress_timeout
  progressTimeoutMs: 300_000,
};
// So that an image never fills the disk: the kubelet evicts pods below 10 %, and we have no eviction.
const FREE_SHARE = 0.05;

export function readSettings(places: Places): ImageSettings {
  try {
    return { ...DEFAULT_SETTINGS, ...(JSON.parse(readFileSync(places.settings, "utf8")) as Partial<ImageSettings>) };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return DEFAULT_SETTINGS;
    throw new Error(`read ${places.settings}: not the settings of images`, { cause: error });
  }
}

export interface DiskUsage {
  readonly usedBytes: number;
  /** What images may have now: less than the settings say where the disk is nearly full. */
  readonly mostBytes: number;
}

export function diskUsage(places: Places): DiskUsage {
  const usedBytes = storeBytes(places);
  const { bsize, bavail, blocks } = statfsSync(places.root);
  const roomBytes = Math.max(0, bsize * (bavail - blocks * FREE_SHARE));
  return { usedBytes, mostBytes: Math.min(readSettings(places).mostBytes, usedBytes + roomBytes) };
}

/** Of blobs, of layers, and of what is being pulled or was cut; not of what is being unpacked, which has limits of its own. */
function storeBytes(places: Places): number {
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

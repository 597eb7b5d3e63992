/** What a user may set, read whenever it matters. Kubernetes: pkg/kubelet/images/image_gc_manager.go */
import { readFileSync } from "node:fs";
import { hasCode } from "#base/errors.ts";
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

export function readSettings(places: Places): ImageSettings {
  try {
    return { ...DEFAULT_SETTINGS, ...(JSON.parse(readFileSync(places.settings, "utf8")) as Partial<ImageSettings>) };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return DEFAULT_SETTINGS;
    throw new Error(`read ${places.settings}: not the settings of images`, { cause: error });
  }
}

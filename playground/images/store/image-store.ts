/** The images of a playground's home, as node agents and `liqoctl playground load` use them: several processes at once. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { formatReference, type ImageReference } from "../reference.ts";
import { type Credential, hashOf } from "../registry/keyring.ts";
import { RateLimits } from "../registry/rate-limits.ts";
import { collectGarbage } from "./garbage.ts";
import { lockFile } from "./lock.ts";
import { keyOf, type Places, placesOf } from "./places.ts";
import { addFromSource, type LoadSource, type PullDeps, pullFromRegistry } from "./pull.ts";
import { findImageRecord, type ImageRecord, listImageRecords, touchImageRecord, writeUse } from "./records.ts";
import { NoRoomError } from "./room.ts";
import { makeRoot, type RootOptions } from "./root.ts";

export interface ImageStoreOptions {
  readonly root: string;
  /** Put in front of commands that need the machine's network. */
  readonly enter?: readonly string[];
  readonly clock?: Clock;
}

// Kubernetes: pkg/kubelet/kubelet.go (ImageGCPeriod)
export const GARBAGE_PERIOD_MS = 300_000;

export class ImageStore {
  readonly #places: Places;
  readonly #deps: PullDeps;

  constructor({ root, enter = [], clock = systemClock }: ImageStoreOptions) {
    this.#places = placesOf(root);
    this.#deps = { places: this.#places, enter, clock, limits: new RateLimits(clock) };
    const { blobs, partial, layers, images, uses, locks, tmp } = this.#places;
    // Programs of images may be setuid: nobody but root comes near them.
    mkdirSync(root, { recursive: true, mode: 0o700 });
    for (const folder of [join(blobs, "sha256"), partial, layers, images, uses, locks, tmp])
      mkdirSync(folder, { recursive: true });
  }

  /** What is here by that reference; by digest under whatever name it came. */
  find(reference: ImageReference): ImageRecord | undefined {
    const exact = this.findNamed(formatReference(reference));
    if (exact !== undefined || reference.digest === undefined) return exact;
    const isIt = (record: ImageRecord): boolean =>
      record.repository === reference.repository && record.digest === reference.digest;
    return listImageRecords(this.#places).find(isIt);
  }

  /** By its whole name: `docker.io/library/redis:alpine`. */
  findNamed(reference: string): ImageRecord | undefined {
    return findImageRecord(this.#places, reference);
  }

  list(): ImageRecord[] {
    return listImageRecords(this.#places);
  }

  /**
   * Asks the registry, unless `suffices` accepts what is there once it is our turn: others may be pulling the same. Throws with
   * what the registry says.
   */
  async pull(
    ctx: Context,
    reference: ImageReference,
    credentials: readonly Credential[],
    suffices: (record: ImageRecord) => boolean,
  ): Promise<ImageRecord> {
    await using _turn = await this.#lock(ctx, `pull-${keyOf(formatReference(reference))}`, "exclusive");
    const found = this.find(reference);
    if (found !== undefined && suffices(found)) return found;
    return await this.#add(ctx, () => pullFromRegistry(ctx, this.#deps, reference, credentials));
  }

  load(ctx: Context, source: LoadSource): Promise<ImageRecord> {
    return this.#add(ctx, () => addFromSource(ctx, this.#deps, source));
  }

  /** Where there is no room, once more after what can go has gone. */
  async #add(ctx: Context, add: () => Promise<ImageRecord>): Promise<ImageRecord> {
    const once = async (): Promise<ImageRecord> => {
      await using _store = await this.#lock(ctx, "store", "shared");
      return await add();
    };
    await collectGarbage(ctx, this.#deps);
    const first = await once().catch((error: unknown) =>
      error instanceof NoRoomError ? error : Promise.reject(error),
    );
    if (!(first instanceof NoRoomError)) return first;
    try {
      const isMore = await collectGarbage(ctx, { ...this.#deps, wantedBytes: first.wantedBytes });
      return isMore ? await once() : await Promise.reject(first);
    } catch (error) {
      // What has come of it would be in the way of others.
      if (error instanceof NoRoomError) await collectGarbage(ctx, { ...this.#deps, keptPartsMs: 0 });
      throw error;
    }
  }

  /** Makes a container's root of the image, which stays as long as the container's folder does. */
  async makeRoot(ctx: Context, id: string, record: ImageRecord, options: Omit<RootOptions, "layers">): Promise<void> {
    const { reference, layers } = record;
    const { bundle } = options;
    mkdirSync(bundle, { recursive: true });
    // In this order no lock is needed: garbage collection removes the record first, and then looks at uses before layers go.
    writeUse(this.#places, id, { reference, layers, bundle });
    if (findImageRecord(this.#places, reference) === undefined)
      throw new Error(`image ${reference} has been removed meanwhile`);
    touchImageRecord(this.#places, reference, this.#deps.clock.epochMs());
    await makeRoot(ctx, this.#places, { ...options, layers });
  }

  async collectGarbage(ctx: Context): Promise<void> {
    await collectGarbage(ctx, this.#deps);
  }

  #lock(ctx: Context, name: string, mode: "shared" | "exclusive"): Promise<AsyncDisposable> {
    return lockFile(ctx, join(this.#places.locks, name), mode);
  }
}

/** Whether somebody with these credentials may use it without asking the registry. Kubernetes: KubeletEnsureSecretPulledImages */
export function mayUse({ access }: Pick<ImageRecord, "access">, credentials: readonly Credential[]): boolean {
  return access === "everybody" || credentials.some((credential) => access.includes(hashOf(credential)));
}

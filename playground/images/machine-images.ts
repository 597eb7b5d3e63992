/** What a node agent gets its images from: the catalogue first, then what has been loaded or pulled, then registries. */
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { Catalogue, Image } from "./catalogue.ts";
import { formatReference, type ImageReference } from "./reference.ts";
import { credentialsFor } from "./registry/keyring.ts";
import { GARBAGE_PERIOD_MS, type ImageStore, mayUse } from "./store/image-store.ts";
import { pullFailure } from "./store/pull.ts";
import type { ImageRecord } from "./store/records.ts";
import { Turns } from "./turns.ts";

export interface MachineImagesOptions {
  readonly catalogue: Catalogue;
  readonly store: ImageStore;
  /** Whose node asks: images may be loaded for some clusters only. */
  readonly cluster: string;
  readonly clock?: Clock;
}

/** An image of the store makes the root of a container itself. */
export interface StoredImage extends Image {
  makeRoot(
    ctx: Context,
    root: {
      readonly id: string;
      readonly bundle: string;
      readonly workingDir: string;
      readonly volumes: readonly { readonly path: string; readonly host: string }[];
    },
  ): Promise<void>;
}

type Lookup =
  | { readonly found: true; readonly image: Image | StoredImage }
  | {
      readonly found: false;
      readonly reason: "InvalidImageName" | "ErrImagePull" | "Absent";
      readonly message: string;
    };

interface Request {
  readonly reference: string;
  readonly policy: string;
  /** Texts of `.dockerconfigjson` and `.dockercfg`. */
  readonly dockerConfigs: readonly string[];
  /** The registry is going to be asked. */
  readonly onPulling: () => void;
}

type Ensured =
  | { readonly image: StoredImage; readonly pulled?: { readonly ms: number; readonly waitedMs: number } }
  | { readonly refused: { readonly reason: string; readonly message: string } };

// The kubelet's default is one, which lets a slow registry hold up all others; containerd's own limit of layers is three.
const MOST_PULLS = 3;
const NO_ROOT = { binds: [], directories: [], links: [], files: [] };

export class MachineImages {
  readonly #options: MachineImagesOptions;
  readonly #clock: Clock;
  readonly #turns = new Turns(MOST_PULLS);

  constructor(options: MachineImagesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** What a container of that image would run, as far as it is here. */
  lookup(reference: string): Lookup {
    const { catalogue } = this.#options;
    const listed = catalogue.lookup(reference);
    if (listed.found) {
      const loaded = listed.isBuiltIn ? this.#loaded(listed.image.reference) : undefined;
      return { found: true, image: loaded === undefined ? listed.image : this.#imageOf(loaded) };
    }
    if (listed.reason !== "NotListed") return listed;
    const record = this.#find(listed.reference);
    if (record !== undefined) return { found: true, image: this.#imageOf(record) };
    return { found: false, reason: "Absent", message: absent(reference) };
  }

  /** Pulls what the policy wants pulled, and what may not be used without. For what the catalogue does not have. */
  async ensure(ctx: Context, request: Request): Promise<Ensured> {
    const { reference: text, policy } = request;
    const listed = this.#options.catalogue.lookup(text);
    // What was loaded in place of a built-in image is not asked of any registry.
    const loaded = listed.found ? this.#loaded(listed.image.reference) : undefined;
    if (loaded !== undefined) return { image: this.#imageOf(loaded) };
    if (listed.found || listed.reason !== "NotListed") return { refused: this.#refusalOf(text) };
    const { reference, problem } = listed;
    const credentials = credentialsFor(request.dockerConfigs, reference.repository);
    const record = this.#find(reference);
    const isAllowed = record !== undefined && mayUse(record, credentials);
    if (isAllowed && policy !== "Always") return { image: this.#imageOf(record) };
    if (policy === "Never") return { refused: this.#refusalOf(text) };
    try {
      return await this.#pull(ctx, reference, request, credentials);
    } catch (error) {
      const hint = problem === undefined ? "" : `; ${problem}`;
      const message = `${pullFailure(formatReference(reference), error)}${hint}`;
      return { refused: { reason: "ErrImagePull", message } };
    }
  }

  /** What this node could start without pulling. */
  present(): { names: string[]; sizeBytes: number }[] {
    const { store } = this.#options;
    return store
      .list()
      .filter((record) => this.#isHere(record))
      .map((record) => ({ names: [idOf(record), record.reference], sizeBytes: record.sizeBytes }));
  }

  /** Until the context ends: at once, for what an agent that was killed has left, and then now and again. */
  async keepClean(ctx: Context): Promise<void> {
    while (!ctx.signal.aborted) {
      await this.#options.store
        .collectGarbage(ctx)
        .catch((error: unknown) => ctx.log.warn("images not tidied up", { error: messageOf(error) }));
      await sleep(ctx, GARBAGE_PERIOD_MS, this.#clock);
    }
  }

  async #pull(
    ctx: Context,
    reference: ImageReference,
    { policy, onPulling }: Request,
    credentials: ReturnType<typeof credentialsFor>,
  ): Promise<Ensured> {
    onPulling();
    const askedMs = this.#clock.nowMs();
    using _turn = await this.#turns.next(ctx);
    const begunMs = this.#clock.nowMs();
    const suffices = (record: ImageRecord): boolean => policy !== "Always" && mayUse(record, credentials);
    const record = await this.#options.store.pull(ctx, reference, credentials, suffices);
    const endedMs = this.#clock.nowMs();
    return { image: this.#imageOf(record), pulled: { ms: endedMs - begunMs, waitedMs: endedMs - askedMs } };
  }

  #refusalOf(reference: string): { reason: string; message: string } {
    const found = this.lookup(reference);
    if (found.found || found.reason === "Absent") return { reason: "ErrImageNeverPull", message: absent(reference) };
    return found;
  }

  #loaded(reference: string): ImageRecord | undefined {
    const record = this.#options.store.findNamed(reference);
    return record?.loaded !== undefined && this.#isHere(record) ? record : undefined;
  }

  #find(reference: ImageReference): ImageRecord | undefined {
    const record = this.#options.store.find(reference);
    return record !== undefined && this.#isHere(record) ? record : undefined;
  }

  #isHere({ loaded }: ImageRecord): boolean {
    return loaded?.clusters?.includes(this.#options.cluster) ?? true;
  }

  #imageOf(record: ImageRecord): StoredImage {
    const { store } = this.#options;
    const { entrypoint, cmd, env, user, workingDir, stopSignal, volumes } = record.config;
    return {
      ...{ entrypoint, cmd, user, workingDir, stopSignal, volumes },
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...env },
      reference: record.reference,
      id: idOf(record),
      sizeBytes: record.sizeBytes,
      accounts: record.accounts,
      root: NO_ROOT,
      makeRoot: (ctx, { id, ...root }) => store.makeRoot(ctx, id, record, root),
    };
  }
}

function absent(reference: string): string {
  return `Container image "${reference}" is not present with pull policy of Never`;
}

function idOf({ repository, digest }: ImageRecord): string {
  return `${repository}@${digest}`;
}

/** What comes into the store while images are pulled, and when that is given up. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { entriesOf } from "#base/folder.ts";
import type { Places } from "./places.ts";
import { diskUsage, noRoom } from "./room.ts";
import { readSettings } from "./settings.ts";

const LOOK_MS = 500;

/** Only what is being written is looked at: what was there at first is added up once, and a blob that is complete stays as it is. */
class Growth {
  readonly #places: Places;
  readonly #before: ReadonlySet<string>;
  readonly #complete = new Map<string, number>();

  constructor(places: Places) {
    this.#places = places;
    this.#before = new Set(entriesOf(join(places.blobs, "sha256")));
  }

  /** Bytes that have come since, and what is on its way. */
  bytes(): number {
    const { blobs, partial, tmp } = this.#places;
    for (const name of entriesOf(join(blobs, "sha256")))
      if (!this.#before.has(name) && !this.#complete.has(name))
        this.#complete.set(name, sizeOf(join(blobs, "sha256", name)));
    const layouts = entriesOf(tmp).map((name) => join(tmp, name, "layout"));
    const underWay = [partial, ...layouts].flatMap((folder) => entriesOf(folder).map((name) => join(folder, name)));
    return [...this.#complete.values(), ...underWay.map(sizeOf)].reduce((sum, bytes) => sum + bytes, 0);
  }
}

function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : 0;
}

/** Ends the work, and says why, when nothing has come for too long, or more than there is room for. */
export async function whileItComes<T>(
  ctx: Context,
  { places, clock }: { readonly places: Places; readonly clock: Clock },
  work: (ctx: Context) => Promise<T>,
): Promise<T> {
  const { ctx: watched, cancel } = withCancel(ctx);
  const { ctx: looking, cancel: end } = withCancel(watched);
  const working = work(watched).finally(end);
  working.catch(() => undefined);
  const why = await watch(looking, places, clock);
  if (why !== undefined) cancel();
  try {
    return await working;
  } catch (error) {
    throw ctx.signal.aborted ? error : (why ?? error);
  }
}

/** Undefined when the context has ended. */
async function watch(ctx: Context, places: Places, clock: Clock): Promise<Error | undefined> {
  const growth = new Growth(places);
  const { usedBytes, mostBytes } = diskUsage(places);
  const { progressTimeoutMs } = readSettings(places);
  const first = growth.bytes();
  let [seen, sinceMs] = [first, clock.nowMs()];
  while (!ctx.signal.aborted) {
    await sleep(ctx, LOOK_MS, clock);
    const bytes = growth.bytes();
    if (bytes !== seen) sinceMs = clock.nowMs();
    seen = bytes;
    if (usedBytes + bytes - first > mostBytes) return noRoom(places, bytes - first);
    if (clock.nowMs() - sinceMs > progressTimeoutMs)
      return new Error(`nothing has come for ${progressTimeoutMs / 1000} s`);
  }
  return undefined;
}

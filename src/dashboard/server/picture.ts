/** All items as they are now, and what changed: the one place that history and streams are told by. */
import { isDeepStrictEqual } from "node:util";
import type { Item, ItemKey } from "../model/items.ts";

/** What became of an item; undefined: it is gone. */
export interface Update {
  readonly key: ItemKey;
  readonly item: Item | undefined;
  readonly who: string | undefined;
}

export interface Changed {
  readonly key: ItemKey;
  readonly before: Item | undefined;
  readonly after: Item | undefined;
  readonly who: string | undefined;
}

/** `introduced`: clusters of which all that there is has been put in for the first time: it did not come about just now. */
export type Listener = (at: number, changed: readonly Changed[], introduced: readonly string[]) => void;

export class CurrentPicture {
  readonly #items = new Map<ItemKey, Item>();
  readonly #listeners = new Set<Listener>();

  get(key: ItemKey): Item | undefined {
    return this.#items.get(key);
  }

  list(): Item[] {
    return [...this.#items.values()];
  }

  /** The returned function ends it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes in what is so at that time; listeners are told of what is not as it was, all of it at once. */
  update(at: number, updates: readonly Update[], introduced: readonly string[] = []): void {
    const changed: Changed[] = [];
    for (const { key, item, who } of updates) {
      const before = this.#items.get(key);
      if (isDeepStrictEqual(before, item)) continue;
      if (item === undefined) this.#items.delete(key);
      else this.#items.set(key, item);
      changed.push({ key, before, after: item, who });
    }
    if (changed.length === 0 && introduced.length === 0) return;
    for (const listener of this.#listeners) listener(at, changed, introduced);
  }
}

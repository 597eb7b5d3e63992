/** All items at one moment, and how changes lead from one moment to another. */
import type { Item, ItemKey } from "../../model/items.ts";
import type { Change, Delta, Picture } from "../../model/protocol.ts";

export type Items = ReadonlyMap<ItemKey, Item>;

export const NOTHING: Items = new Map();

export function itemsOf(picture: Picture): Items {
  return new Map(picture.items.map((item) => [item.key, item]));
}

/** Deltas in the order in which they came. */
export function withDeltas(items: Items, deltas: readonly Pick<Delta, "put" | "removed">[]): Items {
  const next = new Map(items);
  for (const { put, removed } of deltas) {
    for (const item of put) next.set(item.key, item);
    for (const key of removed) next.delete(key);
  }
  return next;
}

/**
 * What the items were at a time, from what they were at another: later changes are made, or earlier ones taken back.
 * `changes` are in any order.
 */
export function replayed(items: Items, fromMs: number, toMs: number, changes: readonly Change[]): Items {
  const next = new Map(items);
  const put = (key: ItemKey, item: Item | undefined): void => {
    if (item === undefined) next.delete(key);
    else next.set(key, item);
  };
  if (toMs >= fromMs) {
    const made = changes.filter(({ at }) => at > fromMs && at <= toMs).sort((a, b) => a.at - b.at);
    for (const { key, after } of made) put(key, after);
  } else {
    const undone = changes.filter(({ at }) => at <= fromMs && at > toMs).sort((a, b) => b.at - a.at);
    for (const { key, before } of undone) put(key, before);
  }
  return next;
}

/** When it went from well to bad last. */
export function failedAt(changes: readonly Change[]): number | undefined {
  const times = changes.filter((change) => healthOf(change.after) === "bad" && healthOf(change.before) !== "bad");
  return times.length === 0 ? undefined : Math.max(...times.map(({ at }) => at));
}

function healthOf(item: Item | undefined): string | undefined {
  return item !== undefined && "health" in item ? item.health : undefined;
}

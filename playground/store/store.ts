/**
 * The API server's storage: an ordered, durable key space with one global revision, compare-and-swap writes and
 * watches that resume from a revision. Everything is also held in memory, frozen, and read from there.
 * Modelled on etcd as Kubernetes uses it (staging/src/k8s.io/apiserver/pkg/storage/etcd3) and on kine.
 */

import { freezeDeeply } from "#base/freeze.ts";
import { Database } from "./database.ts";
import { History, type HistoryLimits, type StoreEvent } from "./history.ts";
import { OrderedMap } from "./ordered-map.ts";

export interface Entry<T> {
  readonly key: string;
  readonly revision: number;
  /** Frozen. */
  readonly value: T;
}

export type StoreErrorReason = "exists" | "missing" | "changed" | "compacted" | "future";

export class StoreError extends Error {
  readonly reason: StoreErrorReason;
  constructor(reason: StoreErrorReason, message: string) {
    super(message);
    this.name = "StoreError";
    this.reason = reason;
  }
}

/** Makes the value to store from the revision it will have. Must not keep the result: it is frozen. */
export type Stamp<T> = (revision: number) => T;

export interface Subscription<T> {
  /** Only keys that start with it are reported. */
  readonly prefix: string;
  /** Events after this revision are reported, those of the past before `watch` returns. */
  readonly fromRevision: number;
  readonly onEvent: (event: StoreEvent<T>) => void;
}

export class Store<T> implements Disposable {
  readonly #database: Database;
  readonly #collections = new Map<string, OrderedMap<Entry<T>>>();
  readonly #subscriptions = new Map<string, Set<Subscription<T>>>();
  readonly #history: History<T>;
  #revision = 0;

  /** Opens or creates `file` and loads it. */
  constructor(file: string, limits: HistoryLimits = {}) {
    this.#database = new Database(file);
    this.#revision = Math.max(1, this.#database.lastDeletion());
    for (const row of this.#database.rows()) {
      const value = freezeDeeply(JSON.parse(row.value) as T);
      this.#collection(row.key).set(row.key, { key: row.key, revision: row.revision, value });
      this.#revision = Math.max(this.#revision, row.revision);
    }
    this.#history = new History(this.#revision, limits);
  }

  /** The revision of the last write. */
  get revision(): number {
    return this.#revision;
  }

  /** Events after this revision can still be watched, and snapshots from it on be listed. */
  get compactedRevision(): number {
    return this.#history.compacted;
  }

  get(key: string): Entry<T> | undefined {
    return this.#collections.get(collectionOf(key))?.get(key);
  }

  count(prefix: string): number {
    return this.#collections.get(collectionOf(prefix))?.size ?? 0;
  }

  /** The entries under `prefix` in key order, as they were at `revision` (default: now). */
  list(prefix: string, revision = this.#revision): Entry<T>[] {
    const now = this.#collections.get(collectionOf(prefix))?.withPrefix(prefix) ?? [];
    if (revision === this.#revision) return now;
    this.#requireKept(revision);
    const then = new Map(now.map((entry) => [entry.key, entry]));
    for (const event of this.#history.since(revision).reverse()) {
      if (!event.key.startsWith(prefix)) continue;
      if (event.previous === undefined) then.delete(event.key);
      // The revision of the rolled-back state is not needed by anyone who lists the past.
      else then.set(event.key, { key: event.key, revision, value: event.previous });
    }
    return [...then.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Throws StoreError "exists". */
  create(key: string, stamp: Stamp<T>): Entry<T> {
    if (this.get(key) !== undefined) throw new StoreError("exists", `${key} exists`);
    return this.#put(key, stamp, undefined);
  }

  /** Throws StoreError "missing", or "changed" when the entry is not at `expectedRevision` any more. */
  update(key: string, expectedRevision: number, stamp: Stamp<T>): Entry<T> {
    return this.#put(key, stamp, this.#expect(key, expectedRevision));
  }

  /** As update; the value reported to watches is the last one, stamped with the revision of the deletion. */
  delete(key: string, expectedRevision: number, stamp: Stamp<T>): Entry<T> {
    const previous = this.#expect(key, expectedRevision);
    const revision = this.#revision + 1;
    this.#database.delete(key, revision);
    this.#revision = revision;
    this.#collection(key).delete(key);
    const value = freezeDeeply(stamp(revision));
    this.#publish({ type: "DELETED", key, revision, value, previous: previous.value }, 256);
    return { key, revision, value };
  }

  /**
   * Reports events until the result is called. Throws StoreError "compacted" when `fromRevision` is older than what
   * is kept.
   */
  watch(subscription: Subscription<T>): () => void {
    this.#requireKept(subscription.fromRevision);
    if (subscription.fromRevision < this.#revision) {
      for (const event of this.#history.since(subscription.fromRevision)) {
        if (event.key.startsWith(subscription.prefix)) subscription.onEvent(event);
      }
    }
    const collection = collectionOf(subscription.prefix);
    const subscriptions = this.#subscriptions.get(collection) ?? new Set();
    this.#subscriptions.set(collection, subscriptions.add(subscription));
    return () => void subscriptions.delete(subscription);
  }

  [Symbol.dispose](): void {
    this.#subscriptions.clear();
    this.#database.close();
  }

  #put(key: string, stamp: Stamp<T>, previous: Entry<T> | undefined): Entry<T> {
    const revision = this.#revision + 1;
    const value = stamp(revision);
    const text = JSON.stringify(value);
    this.#database.put({ key, revision, value: text });
    this.#revision = revision;
    const entry: Entry<T> = { key, revision, value: freezeDeeply(value) };
    this.#collection(key).set(key, entry);
    const type = previous === undefined ? "ADDED" : "MODIFIED";
    this.#publish({ type, key, revision, value: entry.value, previous: previous?.value }, text.length);
    return entry;
  }

  #publish(event: StoreEvent<T>, sizeBytes: number): void {
    this.#history.push(event, sizeBytes);
    for (const subscription of [...(this.#subscriptions.get(collectionOf(event.key)) ?? [])]) {
      if (event.key.startsWith(subscription.prefix)) subscription.onEvent(event);
    }
  }

  #expect(key: string, expectedRevision: number): Entry<T> {
    const entry = this.get(key);
    if (entry === undefined) throw new StoreError("missing", `${key} does not exist`);
    if (entry.revision !== expectedRevision) throw new StoreError("changed", `${key} is at revision ${entry.revision}`);
    return entry;
  }

  #requireKept(revision: number): void {
    if (revision > this.#revision) {
      throw new StoreError("future", `Too large resource version: ${revision}, current: ${this.#revision}`);
    }
    if (revision < this.#history.compacted) {
      throw new StoreError("compacted", `too old resource version: ${revision} (${this.#history.compacted})`);
    }
  }

  #collection(key: string): OrderedMap<Entry<T>> {
    const name = collectionOf(key);
    const found = this.#collections.get(name) ?? new OrderedMap<Entry<T>>();
    this.#collections.set(name, found);
    return found;
  }
}

/** `/registry/apps/deployments/` of any key or prefix below it: the first three segments. */
function collectionOf(key: string): string {
  let end = 0;
  for (let segments = 0; segments < 3; segments++) {
    end = key.indexOf("/", end + 1);
    if (end < 0) throw new RangeError(`store key ${key} is outside /<root>/<group>/<resource>/`);
  }
  return key.slice(0, end + 1);
}

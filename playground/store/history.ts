/**
 * The last events of the store, oldest first: what watches resume from and what old snapshots are rebuilt with.
 * Bounded by number and by size; what falls out is "compacted", as etcd calls it.
 */
export interface StoreEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly key: string;
  readonly revision: number;
  /** The new value; of a deletion the last one, stamped with the deletion's revision. */
  readonly value: T;
  readonly previous: T | undefined;
}

export interface HistoryLimits {
  /** Default 10,000. */
  readonly events?: number;
  /** Sum of the values' JSON lengths. Default 24 MiB; at least 1,000 events are kept whatever their size. */
  readonly sizeBytes?: number;
}

const MINIMUM_EVENTS = 1_000;

interface Kept<T> {
  readonly event: StoreEvent<T>;
  readonly sizeBytes: number;
}

export class History<T> {
  #kept: Kept<T>[] = [];
  #start = 0;
  #sizeBytes = 0;
  #compacted: number;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  /** `compacted`: the revision up to which nothing is known. */
  constructor(compacted: number, limits: HistoryLimits) {
    this.#compacted = compacted;
    this.#maxEvents = limits.events ?? 10_000;
    this.#maxBytes = limits.sizeBytes ?? 24 * 1024 * 1024;
  }

  /** Events after this revision are all here. */
  get compacted(): number {
    return this.#compacted;
  }

  push(event: StoreEvent<T>, sizeBytes: number): void {
    this.#kept.push({ event, sizeBytes });
    this.#sizeBytes += sizeBytes;
    const minimum = Math.min(MINIMUM_EVENTS, this.#maxEvents);
    while (this.#length > this.#maxEvents || (this.#sizeBytes > this.#maxBytes && this.#length > minimum)) {
      this.#dropOldest();
    }
  }

  /** The events after `revision`, oldest first; the caller has compared it with `compacted`. */
  since(revision: number): StoreEvent<T>[] {
    let low = this.#start;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#kept[middle]?.event.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#kept.slice(low).map((kept) => kept.event);
  }

  get #length(): number {
    return this.#kept.length - this.#start;
  }

  #dropOldest(): void {
    const oldest = this.#kept[this.#start];
    if (oldest === undefined) return;
    this.#start++;
    this.#sizeBytes -= oldest.sizeBytes;
    this.#compacted = oldest.event.revision;
    if (this.#start > 1_024 && this.#start > this.#kept.length / 2) {
      this.#kept = this.#kept.slice(this.#start);
      this.#start = 0;
    }
  }
}

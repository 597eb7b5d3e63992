/**
 * A map whose keys can be walked in byte order from any point: the in-memory index of one collection of the store.
 * New keys are sorted in at the next walk, so that many inserts in a row cost one sort.
 */
export class OrderedMap<V> {
  readonly #values = new Map<string, V>();
  #keys: string[] = [];
  #pending: string[] = [];
  #stale = false;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) this.#pending.push(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#stale = true;
  }

  /** The values whose key starts with `prefix`, in key order. */
  withPrefix(prefix: string): V[] {
    this.#settle();
    const found: V[] = [];
    for (let i = lowerBound(this.#keys, prefix); i < this.#keys.length; i++) {
      const key = this.#keys[i] ?? "";
      if (!key.startsWith(prefix)) break;
      const value = this.#values.get(key);
      if (value !== undefined) found.push(value);
    }
    return found;
  }

  #settle(): void {
    if (this.#stale) {
      this.#keys = [...this.#values.keys()].sort(byCodeUnit);
    } else if (this.#pending.length > 0) {
      // Two sorted runs: the engine's merge sort takes them in about linear time.
      this.#keys = [...this.#keys, ...this.#pending].sort(byCodeUnit);
    }
    this.#stale = false;
    this.#pending = [];
  }
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lowerBound(keys: readonly string[], wanted: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

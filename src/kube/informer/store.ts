/** The objects an informer knows, by key and by named indexes. Kubernetes: client-go/tools/cache/thread_safe_store.go */
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";

export type IndexFunction<T> = (object: T) => readonly string[];

/** What it hands out is frozen and shared: clone before changing. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #functions: Readonly<Record<string, IndexFunction<T>>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexes: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#functions = indexes;
    for (const name of Object.keys(indexes)) this.#indexes.set(name, new Map());
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(formatKey(key));
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): T[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata?.namespace === namespace);
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  /** Objects for which the index function gave `value`. Throws when there is no index of that name. */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new TypeError(`the store has no index "${name}"`);
    return [...(index.get(value) ?? [])].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Stores the object and returns the one it replaces. */
  put(object: T): T | undefined {
    const key = formatKey(keyOf(object));
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const [name, values] of Object.entries(this.#functions)) {
      if (previous !== undefined) this.#unindex(name, values(previous), key);
      for (const value of values(object)) this.#indexSet(name, value).add(key);
    }
    return previous;
  }

  remove(key: string): T | undefined {
    const previous = this.#objects.get(key);
    if (previous === undefined) return undefined;
    this.#objects.delete(key);
    for (const [name, values] of Object.entries(this.#functions)) this.#unindex(name, values(previous), key);
    return previous;
  }

  #indexSet(name: string, value: string): Set<string> {
    const index = this.#indexes.get(name) ?? new Map<string, Set<string>>();
    const keys = index.get(value) ?? new Set<string>();
    index.set(value, keys);
    return keys;
  }

  #unindex(name: string, values: readonly string[], key: string): void {
    const index = this.#indexes.get(name);
    for (const value of values) {
      const keys = index?.get(value);
      keys?.delete(key);
      if (keys?.size === 0) index?.delete(value);
    }
  }
}

/** The objects an informer knows, by namespace and name, and by whatever else is asked. Kubernetes: client-go/tools/cache/thread_safe_store.go */
import { formatKey, type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";

/** The values under which an object is to be found. */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface Index<T> {
  /** Objects for which the function gave `value`. */
  get(value: string): T[];
}

/** What it hands out is frozen and shared: clone before changing. */
export class Store<T extends KubeObject> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  readonly #indexes = new Map<IndexFunction<T>, ValueIndex<T>>();

  get({ namespace = "", name }: ObjectKey): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** All objects, or those of one namespace. */
  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.#namespaces.get(namespace)?.values() ?? [])];
    return [...this.#namespaces.values()].flatMap((objects) => [...objects.values()]);
  }

  /** Kept up to date from the first call on; one for each function, whoever asks. */
  indexBy(values: IndexFunction<T>): Index<T> {
    const existing = this.#indexes.get(values);
    if (existing !== undefined) return existing;
    const index = new ValueIndex(values);
    for (const object of this.list()) index.add(object);
    this.#indexes.set(values, index);
    return index;
  }

  /** Stores the object and returns the one it replaces. */
  put(object: T): T | undefined {
    const { namespace = "", name } = keyOf(object);
    const objects = this.#namespaces.get(namespace) ?? new Map<string, T>();
    this.#namespaces.set(namespace, objects);
    const previous = objects.get(name);
    objects.set(name, object);
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) index.remove(previous);
      index.add(object);
    }
    return previous;
  }

  remove({ namespace = "", name }: ObjectKey): T | undefined {
    const objects = this.#namespaces.get(namespace);
    const previous = objects?.get(name);
    if (objects === undefined || previous === undefined) return undefined;
    objects.delete(name);
    if (objects.size === 0) this.#namespaces.delete(namespace);
    for (const index of this.#indexes.values()) index.remove(previous);
    return previous;
  }
}

class ValueIndex<T extends KubeObject> implements Index<T> {
  readonly #values: IndexFunction<T>;
  readonly #objects = new Map<string, Map<string, T>>();

  constructor(values: IndexFunction<T>) {
    this.#values = values;
  }

  get(value: string): T[] {
    return [...(this.#objects.get(value)?.values() ?? [])];
  }

  add(object: T): void {
    const key = formatKey(keyOf(object));
    for (const value of this.#values(object)) {
      const objects = this.#objects.get(value) ?? new Map<string, T>();
      this.#objects.set(value, objects);
      objects.set(key, object);
    }
  }

  remove(object: T): void {
    const key = formatKey(keyOf(object));
    for (const value of this.#values(object)) {
      const objects = this.#objects.get(value);
      objects?.delete(key);
      if (objects?.size === 0) this.#objects.delete(value);
    }
  }
}

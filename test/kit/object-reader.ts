/**
 * The API server's ObjectReader over objects held in a Map, so that rules can be tested as tables without a server.
 * `put` and `remove` tell the watchers, as commits do.
 */
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { ObjectReader } from "#playground/apiserver/request.ts";

export interface KitReader extends ObjectReader {
  put(resource: Resource, object: KubeObject): void;
  remove(resource: Resource, namespace: string, name: string): void;
}

type Watcher = Parameters<ObjectReader["onChange"]>[2];

export function kitReader(...initial: readonly (readonly [Resource, KubeObject])[]): KitReader {
  const objects = new Map<string, Map<string, KubeObject>>();
  const watchers = new Map<string, Set<Watcher>>();
  const of = (resource: Resource): Map<string, KubeObject> => {
    const key = formatGroupResource(resource);
    const known = objects.get(key) ?? new Map<string, KubeObject>();
    objects.set(key, known);
    return known;
  };
  const tell = (resource: Resource, type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject): void => {
    for (const watcher of watchers.get(formatGroupResource(resource)) ?? []) watcher(type, object);
  };
  const reader: KitReader = {
    get: <T extends KubeObject>(resource: Resource<T>, namespace: string, name: string) =>
      of(resource).get(`${resource.namespaced ? namespace : ""}/${name}`) as T | undefined,
    list: <T extends KubeObject>(resource: Resource<T>, namespace: string) =>
      [...of(resource)]
        .filter(([key]) => namespace === "" || key.startsWith(`${namespace}/`))
        .map(([, object]) => object as T),
    onChange(resource, signal, changed) {
      const key = formatGroupResource(resource);
      const set = watchers.get(key) ?? new Set();
      watchers.set(key, set.add(changed));
      signal.addEventListener("abort", () => set.delete(changed));
    },
    put(resource, object) {
      const { namespace = "", name = "" } = object.metadata ?? {};
      const key = `${namespace}/${name}`;
      const type = of(resource).has(key) ? "MODIFIED" : "ADDED";
      of(resource).set(key, object);
      tell(resource, type, object);
    },
    remove(resource, namespace, name) {
      const object = of(resource).get(`${namespace}/${name}`);
      of(resource).delete(`${namespace}/${name}`);
      if (object !== undefined) tell(resource, "DELETED", object);
    },
  };
  for (const [resource, object] of initial) {
    reader.put(resource, object);
  }
  return reader;
}

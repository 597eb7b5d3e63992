/**
 * Maps are written with their keys in order, custom resources being maps throughout: what a client sends does not decide
 * what the next one reads. Go: encoding/json (map keys are sorted)
 */
import { fieldSchema, isJsonObject, type JsonObject, type Schema } from "#machinery/schema/schema.ts";

/** Sorts the keys of a whole custom resource, in place. */
export function sortAllKeys(value: unknown): void {
  if (Array.isArray(value)) for (const item of value) sortAllKeys(item);
  if (!isJsonObject(value)) return;
  sortKeys(value);
  for (const child of Object.values(value)) sortAllKeys(child);
}

/** Sorts the keys of all maps in a built-in object, in place: its structs have an order of their own. */
export function sortMapKeys(value: unknown, schema: Schema | undefined): void {
  if (Array.isArray(value)) {
    for (const item of value) sortMapKeys(item, schema?.items);
    return;
  }
  if (!isJsonObject(value)) return;
  if (schema?.properties === undefined) {
    sortKeys(value);
    if (typeof schema?.additionalProperties !== "object") return;
  }
  for (const [field, child] of Object.entries(value)) {
    if (typeof child !== "object") continue;
    sortMapKeys(child, fieldSchema(schema, field));
  }
}

function sortKeys(object: JsonObject): void {
  const keys = Object.keys(object);
  if (keys.every((key, i) => i === 0 || (keys[i - 1] ?? "") < key)) return;
  for (const key of keys.sort()) {
    const value = object[key];
    delete object[key];
    object[key] = value;
  }
}

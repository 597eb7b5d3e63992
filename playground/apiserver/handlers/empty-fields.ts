/**
 * What an encoded object has though nobody set it: Go writes structs that are no pointers even when nothing is in them,
 * and lists, times and texts without `omitempty` as null or "". Nobody owns such fields.
 * Kubernetes: the types' own declarations in staging/src/k8s.io/api
 */
import { isJsonObject, type JsonObject, jsonEquals, type Schema } from "#machinery/schema/schema.ts";

/** Of a schema: the fields that are structs and no pointers. */
const structs = new WeakMap<Schema, readonly string[]>();

/** Fills the empty structs of the schema, and what else the kind writes (`empty`), in place. */
export function fillEmpty(object: JsonObject, schema: Schema | undefined, empty: JsonObject = {}): void {
  fillStructs(object, schema);
  fillFrom(object, empty);
}

function fillStructs(value: unknown, schema: Schema | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) fillStructs(item, schema.items);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const field of structFields(schema)) value[field] ??= {};
  const rest = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
  for (const [field, child] of Object.entries(value))
    if (typeof child === "object") fillStructs(child, schema.properties?.[field] ?? rest);
}

function structFields(schema: Schema): readonly string[] {
  const known = structs.get(schema);
  if (known !== undefined) return known;
  const found = Object.entries(schema.properties ?? {})
    .filter(([field, child]) => child.properties !== undefined && isStruct(schema.wire ?? {}, field))
    .map(([field]) => field);
  structs.set(schema, found);
  return found;
}

function isStruct(wire: NonNullable<Schema["wire"]>, field: string): boolean {
  return Object.values(wire).some(({ name, pointer, inline }) =>
    inline === undefined ? name === field && pointer !== true : isStruct(inline, field),
  );
}

function fillFrom(object: JsonObject, empty: JsonObject): void {
  for (const [field, value] of Object.entries(empty)) {
    const present = object[field];
    if (present === undefined) object[field] = structuredClone(value);
    else if (isJsonObject(present) && isJsonObject(value)) fillFrom(present, value);
  }
}

/** Makes null of lists that are empty, where the kind writes none as null; in place. */
export function dropEmptyLists(object: JsonObject, empty: JsonObject = {}): void {
  for (const [field, value] of Object.entries(empty)) {
    const present = object[field];
    if (value === null && Array.isArray(present) && present.length === 0) object[field] = null;
    else if (isJsonObject(present) && isJsonObject(value)) dropEmptyLists(present, value);
  }
}

/** The object without what `fillEmpty` gave it; what has nothing else in it goes too. */
export function withoutEmpty<T extends object>(object: T, empty: JsonObject = {}): T {
  const entries = Object.entries(object).flatMap(([field, value]): [string, unknown][] => {
    if (!Object.hasOwn(empty, field)) return [[field, value]];
    const none = empty[field];
    if (!isJsonObject(value) || !isJsonObject(none)) return jsonEquals(value, none) ? [] : [[field, value]];
    const rest = withoutEmpty(value, none);
    return Object.keys(rest).length === 0 ? [] : [[field, rest]];
  });
  return Object.fromEntries(entries) as T;
}

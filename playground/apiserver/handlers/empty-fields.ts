/**
 * What an encoded object has though nobody set it: Go writes structs that are no pointers even when nothing is in them,
 * and lists, times and texts without `omitempty` as null or "". Nobody owns such fields.
 * Kubernetes: the types' own declarations in staging/src/k8s.io/api
 */
import { fieldSchema, isJsonObject, type JsonObject, jsonEquals, type Schema } from "#machinery/schema/schema.ts";

/** Of a schema: the fields that are structs and no pointers. */
const structs = new WeakMap<Schema, readonly string[]>();

/**
 * Fills the empty structs of the schema, and what else the kind writes (`empty`), and drops empty lists and maps that it
 * does not write; in place.
 */
export function fillEmpty(object: JsonObject, schema: Schema | undefined, empty: JsonObject = {}): void {
  collectEmpty(object, schema, empty);
  fillFrom(object, empty);
}

function collectEmpty(value: unknown, schema: Schema | undefined, empty: JsonObject): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) collectEmpty(item, schema.items, {});
    return;
  }
  if (!isJsonObject(value)) return;
  for (const field of structFields(schema)) value[field] ??= {};
  for (const [field, child] of Object.entries(value)) {
    if (typeof child !== "object" || child === null) continue;
    const childSchema = fieldSchema(schema, field);
    if (schema.wire !== undefined && empty[field] !== null && isEmptyCollection(child, childSchema))
      delete value[field];
    else collectEmpty(child, childSchema, isJsonObject(empty[field]) ? empty[field] : {});
  }
}

/** A list or map that Go leaves out; a struct, or a pointer to one, says something even when it is empty. */
function isEmptyCollection(value: object, schema: Schema | undefined): boolean {
  if (Array.isArray(value)) return value.length === 0 && schema?.type === "array";
  return Object.keys(value).length === 0 && typeof schema?.additionalProperties === "object";
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

/** What `fillEmpty` gave the object of `empty`: what it has of its own is not in it. */
export function emptyPart(object: JsonObject, empty: JsonObject): JsonObject {
  const entries = Object.entries(empty).flatMap(([field, value]): [string, unknown][] => {
    const present = object[field];
    if (isJsonObject(present) && isJsonObject(value)) return [[field, emptyPart(present, value)]];
    // A list that is written as null when it is empty is filled, not added.
    if (value === null && Array.isArray(present) && present.length > 0) return [[field, []]];
    return value === null && present !== null ? [] : [[field, value]];
  });
  return Object.fromEntries(entries);
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

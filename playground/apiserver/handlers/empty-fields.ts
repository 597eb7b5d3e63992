/**
 * What an encoded object has though nobody set it: Go writes structs that are no pointers even when nothing is in them,
 * and lists, times and texts without `omitempty` as null or "". Nobody owns such fields.
 * Kubernetes: the types' own declarations in staging/src/k8s.io/api
 */
import { isJsonObject, type JsonObject, type Schema } from "#machinery/schema/schema.ts";

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
    // An empty list is stored as none.
    const isNone = present === undefined || (value === null && Array.isArray(present) && present.length === 0);
    if (isNone) object[field] = structuredClone(value);
    else if (isJsonObject(present) && isJsonObject(value)) fillFrom(present, value);
  }
}

/**
 * Objects seen through their schema: which parts are single fields to own, how list items are told apart, what two
 * objects differ in. Kubernetes: sigs.k8s.io/structured-merge-diff/v6/typed/{tofieldset,compare}.go
 */
import { fieldSchema, isJsonObject, type JsonObject, jsonEquals, type Schema } from "../schema/schema.ts";
import { FieldSet } from "./field-set.ts";

export interface ListItem {
  /** `k:{"name":"web"}` or `v:"x"` */
  readonly step: string;
  readonly value: unknown;
}

/** Lists without `omitempty`: Go writes them as null when they are empty. */
const ALWAYS_WRITTEN_LISTS = new Set(["PodSpec.containers"]);

/** How a value is owned: as one piece, field by field, or item by item. */
export type Shape = "atomic" | "map" | "list";

export function shapeOf(value: unknown, schema: Schema | undefined): Shape {
  if (Array.isArray(value)) {
    const type = schema?.["x-kubernetes-list-type"];
    return type === "map" || type === "set" ? "list" : "atomic";
  }
  if (!isJsonObject(value)) return "atomic";
  return schema?.["x-kubernetes-map-type"] === "atomic" ? "atomic" : "map";
}

/** The items of an associative list or set with their steps; of equal steps the last counts. */
export function itemsOf(list: readonly unknown[], schema: Schema | undefined): ListItem[] {
  return list.map((value) => ({ step: stepOf(value, schema), value }));
}

function stepOf(item: unknown, schema: Schema | undefined): string {
  if (schema?.["x-kubernetes-list-type"] === "set") return `v:${JSON.stringify(item)}`;
  const keys: JsonObject = {};
  // Keys are sorted by name, as in structured-merge-diff's KeyByFields.
  for (const key of [...(schema?.["x-kubernetes-list-map-keys"] ?? [])].sort()) {
    const value = isJsonObject(item) ? item[key] : undefined;
    const given = value ?? schema?.items?.properties?.[key]?.default;
    if (given !== undefined) keys[key] = given;
  }
  return `k:${JSON.stringify(keys)}`;
}

/** Every field that `value` sets. */
export function toFieldSet(value: unknown, schema: Schema | undefined): FieldSet {
  const set = new FieldSet();
  collect(value, schema, { set, containers: false });
  return set;
}

interface Collection {
  readonly set: FieldSet;
  /** Whether maps and lists count beside what is in them: they do when an update adds them, not when they are applied. */
  readonly containers: boolean;
}

function collect(value: unknown, schema: Schema | undefined, { set, containers }: Collection): void {
  if (isJsonObject(value)) {
    for (const [field, child] of Object.entries(value)) {
      const isDeclared = schema?.properties !== undefined && Object.hasOwn(schema.properties, field);
      if (!isDeclared) set.members.add(`f:${field}`);
      collectAt(`f:${field}`, child, fieldSchema(schema, field), { set, containers });
    }
  } else if (Array.isArray(value)) {
    for (const { step, value: item } of itemsOf(value, schema)) {
      set.members.add(step);
      if (shapeOf(item, schema?.items) === "map") collect(item, schema?.items, { set: set.child(step), containers });
    }
  }
}

function collectAt(step: string, value: unknown, schema: Schema | undefined, { set, containers }: Collection): void {
  const shape = shapeOf(value, schema);
  const size = Array.isArray(value) ? value.length : isJsonObject(value) ? Object.keys(value).length : 0;
  if (shape === "atomic" || size === 0 || containers) set.members.add(step);
  if (shape !== "atomic" && size > 0) collect(value, schema, { set: set.child(step), containers });
}

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compare(before: unknown, after: unknown, schema: Schema | undefined): Comparison {
  const result: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };
  compareInside({ before, after, schema }, result);
  return result;
}

interface Pair {
  readonly before: unknown;
  readonly after: unknown;
  readonly schema: Schema | undefined;
  /** Of what the two are in. */
  readonly parent?: Schema | undefined;
}

function compareInside({ before, after, schema }: Pair, result: Comparison): void {
  const [old, now] = [childrenOf(before, schema), childrenOf(after, schema)];
  for (const step of new Set([...old.keys(), ...now.keys()])) {
    const childSchema = step.startsWith("f:") ? fieldSchema(schema, step.slice(2)) : schema?.items;
    compareAt(step, { before: old.get(step), after: now.get(step), schema: childSchema, parent: schema }, result);
  }
}

function compareAt(step: string, pair: Pair, result: Comparison): void {
  const { before, after, schema, parent } = pair;
  if (before === after) return;
  if (before === undefined) return void addAll(step, after, { schema, parent }, result.added);
  if (after === undefined) return void addAll(step, before, { schema, parent }, result.removed);
  const [a, b] = [shapeOf(before, schema), shapeOf(after, schema)];
  if (a !== b || a === "atomic") {
    if (!jsonEquals(before, after)) result.modified.members.add(step);
    return;
  }
  const below: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };
  compareInside(pair, below);
  for (const part of ["added", "modified", "removed"] as const) {
    if (!below[part].isEmpty) result[part].children.set(step, below[part]);
  }
}

interface Place {
  readonly schema: Schema | undefined;
  readonly parent: Schema | undefined;
}

function addAll(step: string, value: unknown, { schema, parent }: Place, set: FieldSet): void {
  if (!step.startsWith("f:")) {
    set.members.add(step);
    if (shapeOf(value, schema) === "map") collect(value, schema, { set: set.child(step), containers: true });
    return;
  }
  const shape = shapeOf(value, schema);
  if (shape === "atomic" || !isAlwaysThere(parent, step.slice(2), schema)) {
    collectAt(step, value, schema, { set, containers: true });
    return;
  }
  for (const [below, child] of childrenOf(value, schema)) {
    const childSchema = below.startsWith("f:") ? fieldSchema(schema, below.slice(2)) : schema?.items;
    addAll(below, child, { schema: childSchema, parent: schema }, set.child(step));
  }
}

/**
 * Whether Go writes the field even when nothing is in it, so that filling it adds only what is inside: structs that are
 * no pointers, lists that are required.
 */
function isAlwaysThere(parent: Schema | undefined, field: string, schema: Schema | undefined): boolean {
  if (parent?.wire === undefined) return false;
  if (schema?.type === "array") return ALWAYS_WRITTEN_LISTS.has(`${parent.goType ?? ""}.${field}`);
  return schema?.properties !== undefined && isStruct(parent.wire, field);
}

function isStruct(wire: NonNullable<Schema["wire"]>, field: string): boolean {
  return Object.values(wire).some(({ name, pointer, inline }) => {
    if (inline !== undefined) return isStruct(inline, field);
    return name === field && pointer !== true;
  });
}

function childrenOf(value: unknown, schema: Schema | undefined): Map<string, unknown> {
  if (isJsonObject(value)) return new Map(Object.entries(value).map(([field, child]) => [`f:${field}`, child]));
  if (Array.isArray(value)) return new Map(itemsOf(value, schema).map(({ step, value: item }) => [step, item]));
  return new Map();
}

/**
 * Server-side apply: merges what a manager declares into the live object, removes what it declared before and no
 * longer does, and refuses to change what others own.
 * Kubernetes: structured-merge-diff/v6/merge/update.go (Apply), apimachinery/pkg/util/managedfields/internal/structuredmerge.go
 */
import type { KubeObject, ManagedFieldsEntry } from "../meta.ts";
import { fieldSchema, isJsonObject, type JsonObject, type Schema } from "../schema/schema.ts";
import { StatusError } from "../status-error.ts";
import { type FieldSet, formatPath } from "./field-set.ts";
import {
  entriesOf,
  type FieldWriter,
  isSameOwner,
  newEntry,
  type Owner,
  ownable,
  ownersOf,
  stripUnowned,
} from "./managed-fields.ts";
import { compare, itemsOf, shapeOf, toFieldSet } from "./typed-value.ts";

export interface ApplyInput {
  readonly schema: Schema | undefined;
  /** Undefined: the object is created. */
  readonly live: KubeObject | undefined;
  readonly applied: KubeObject;
  readonly force: boolean;
  readonly writer: FieldWriter;
}

/** The new object with its managedFields. Throws 409 naming each field owned by others that would change. */
export function applyObject({ schema, live, applied, force, writer }: ApplyInput): KubeObject {
  const owners = ownersBefore(live, { schema, writer });
  const declared = stripUnowned(toFieldSet(applied, schema));
  const previous = owners.find(({ entry }) => isSameOwner(entry, writer, "Apply"));
  const others = owners.filter((owner) => owner !== previous);
  const merged = mergeValue(structuredClone(live ?? {}), applied, schema) as KubeObject;
  if (previous !== undefined) {
    const dropped = previous.fields.difference(declared);
    removeFields(merged, dropped, { schema, keep: [declared, ...others.map((owner) => owner.fields)] });
  }
  const change = compare(ownable(live), ownable(merged), schema);
  const written = change.added.union(change.modified);
  const conflicts = others
    .map(({ entry, fields }) => ({ entry, paths: fields.intersection(written).paths() }))
    .filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  const touched = written.union(change.removed);
  const remaining = others.map(({ entry, fields }) => ({ entry, fields: fields.difference(touched) }));
  const isSame = previous?.fields.equals(declared) === true && touched.isEmpty;
  const entry = entryFor(writer, {
    previous: previous?.entry,
    isSame,
    changes: !touched.isEmpty || live === undefined,
  });
  const managedFields = entriesOf([...remaining, { entry, fields: declared }]);
  return { ...merged, metadata: { ...merged.metadata, managedFields } };
}

/** What an object that nobody was recorded for consists of belongs to whoever made it. Kubernetes: skipnonapplied.go */
function ownersBefore(
  live: KubeObject | undefined,
  { schema, writer }: Pick<ApplyInput, "schema" | "writer">,
): readonly Owner[] {
  const owners = ownersOf(live);
  if (live === undefined || owners.length > 0) return owners;
  const entry = newEntry({ ...writer, manager: "before-first-apply", subresource: "" }, "Update");
  return [{ entry, fields: compare({}, ownable(live), schema).added }];
}

/** An apply that changes nothing of the object leaves times as they were; a new manager then has none. */
function entryFor(
  writer: FieldWriter,
  seen: { readonly previous: ManagedFieldsEntry | undefined; readonly isSame: boolean; readonly changes: boolean },
): ManagedFieldsEntry {
  if (seen.isSame && seen.previous !== undefined) return seen.previous;
  const { time, ...entry } = newEntry(writer, "Apply");
  const known = seen.changes ? time : seen.previous?.time;
  return known === undefined ? entry : { ...entry, time: known };
}

function mergeValue(live: unknown, applied: unknown, schema: Schema | undefined): unknown {
  const shape = shapeOf(applied, schema);
  if (shape === "map" && isJsonObject(applied)) {
    if (!isJsonObject(live)) return dropNull(applied);
    for (const [field, value] of Object.entries(applied)) {
      if (value === null) delete live[field];
      else live[field] = mergeValue(live[field], value, fieldSchema(schema, field));
    }
    return live;
  }
  if (shape === "list" && Array.isArray(applied) && Array.isArray(live)) return mergeList(live, applied, schema);
  return applied;
}

function dropNull(applied: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(applied).filter(([, value]) => value !== null));
}

/** Applied items keep their order; live ones that aren't applied keep their place relative to their predecessors. */
function mergeList(live: readonly unknown[], applied: readonly unknown[], schema: Schema | undefined): unknown[] {
  const liveItems = itemsOf(live, schema);
  const appliedItems = itemsOf(applied, schema);
  const liveBySteps = new Map(liveItems.map(({ step, value }) => [step, value]));
  const appliedSteps = new Set(appliedItems.map(({ step }) => step));
  const result: unknown[] = [];
  let at = 0;
  const takeLiveUntil = (step: string | undefined): void => {
    for (; at < liveItems.length && liveItems[at]?.step !== step; at++) {
      const item = liveItems[at];
      if (item !== undefined && !appliedSteps.has(item.step)) result.push(item.value);
    }
  };
  for (const { step, value } of appliedItems) {
    // Items before the applied one in the live list come first, unless it was passed already.
    if (liveItems.slice(at).some((item) => item.step === step)) {
      takeLiveUntil(step);
      at++;
    }
    const old = liveBySteps.get(step);
    result.push(old === undefined ? value : mergeValue(old, value, schema?.items));
  }
  takeLiveUntil(undefined);
  return result;
}

interface Removal {
  readonly schema: Schema | undefined;
  /** Sets whose members, and what holds them, stay. */
  readonly keep: readonly FieldSet[];
}

/** Removes the members of `dropped` from `value`, as far as nobody else owns them or anything below. */
function removeFields(value: unknown, dropped: FieldSet, { schema, keep }: Removal): void {
  const steps = new Set([...dropped.members, ...dropped.children.keys()]);
  for (const step of steps) {
    const childSchema = step.startsWith("f:") ? fieldSchema(schema, step.slice(2)) : schema?.items;
    const child = childAt(value, step, schema);
    const below = dropped.children.get(step);
    const keptBelow = keep.flatMap((set) => set.children.get(step) ?? []);
    const isKept = keep.some((set) => set.members.has(step)) || keptBelow.some((set) => !set.isEmpty);
    // Whole items go before their fields: an item that lost its key is no longer found.
    if (!isKept && dropped.members.has(step)) removeAt(value, step, schema);
    else if (below !== undefined) {
      removeFields(child, below, { schema: childSchema, keep: keptBelow });
      if (!isKept && isEmptyContainer(child)) removeAt(value, step, schema);
    }
  }
}

function isEmptyContainer(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

function childAt(value: unknown, step: string, schema: Schema | undefined): unknown {
  if (isJsonObject(value)) return value[step.slice(2)];
  return Array.isArray(value) ? itemsOf(value, schema).find((item) => item.step === step)?.value : undefined;
}

function removeAt(value: unknown, step: string, schema: Schema | undefined): void {
  if (isJsonObject(value)) delete value[step.slice(2)];
  else if (Array.isArray(value)) {
    const index = itemsOf(value, schema).findIndex((item) => item.step === step);
    if (index >= 0) value.splice(index, 1);
  }
}

interface Conflict {
  readonly entry: ManagedFieldsEntry;
  readonly paths: readonly (readonly string[])[];
}

/** Kubernetes: apimachinery/pkg/util/managedfields/internal/conflict.go */
function conflictError(conflicts: readonly Conflict[]): StatusError {
  const sorted = [...conflicts].sort((a, b) => (describe(a.entry) < describe(b.entry) ? -1 : 1));
  const causes = sorted.flatMap(({ entry, paths }) =>
    paths.map((path) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${describe(entry)}`,
      field: formatPath(path),
    })),
  );
  const lines = sorted.flatMap(({ entry, paths }) => [
    `conflicts with ${describe(entry)}:`,
    ...paths.map((path) => `- ${formatPath(path)}`),
  ]);
  const only = causes.length === 1 ? causes[0] : undefined;
  const message =
    only === undefined
      ? `Apply failed with ${causes.length} conflicts: ${lines.join("\n")}`
      : `Apply failed with 1 conflict: ${only.message}: ${only.field}`;
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason: "Conflict",
    details: { causes },
    code: 409,
  });
}

function describe({ manager, subresource, operation, apiVersion }: ManagedFieldsEntry): string {
  const name = JSON.stringify(manager ?? "");
  const whole =
    subresource === undefined || subresource === "" ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${whole} using ${apiVersion}` : whole;
}

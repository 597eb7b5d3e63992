/**
 * Who owns which field: reading and writing `metadata.managedFields`, and what an ordinary write changes in it.
 * Kubernetes: apimachinery/pkg/util/managedfields/internal, structured-merge-diff/v6/merge/update.go
 */
import type { KubeObject, ManagedFieldsEntry } from "../meta.ts";
import { isJsonObject, type JsonObject, type Schema } from "../schema/schema.ts";
import { FieldSet } from "./field-set.ts";
import { compare } from "./typed-value.ts";

export interface FieldWriter {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  /** Timestamp of the API. */
  readonly time: string;
}

export interface Owner {
  readonly entry: ManagedFieldsEntry;
  readonly fields: FieldSet;
}

/** Steps that nobody owns. Kubernetes: managedfields/internal/stripmeta.go */
const UNOWNED = [
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((field) => ["f:metadata", `f:${field}`]),
];
/** Beyond these many, the oldest Update entries of the same version are merged. */
const MAX_UPDATE_ENTRIES = 10;

export function ownersOf(object: KubeObject | undefined): Owner[] {
  return (object?.metadata?.managedFields ?? []).map((entry) => ({
    entry,
    fields: FieldSet.fromFieldsV1(entry.fieldsV1),
  }));
}

/** The entries for owners that still own something, in Kubernetes' order: by operation, then time, then name. */
export function entriesOf(owners: readonly Owner[]): ManagedFieldsEntry[] {
  return owners
    .filter(({ fields }) => !fields.isEmpty)
    .map(({ entry, fields }) => ({ ...entry, fieldsType: "FieldsV1" as const, fieldsV1: fields.toFieldsV1() }))
    .sort(
      (a, b) =>
        compareText(a.operation, b.operation) || compareText(a.time, b.time) || compareText(a.manager, b.manager),
    );
}

function compareText(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isSameOwner(entry: ManagedFieldsEntry, writer: FieldWriter, operation: "Apply" | "Update"): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === operation &&
    entry.apiVersion === writer.apiVersion &&
    (entry.subresource ?? "") === writer.subresource
  );
}

export function newEntry(writer: FieldWriter, operation: "Apply" | "Update"): ManagedFieldsEntry {
  const { manager, apiVersion, time, subresource } = writer;
  return { manager, operation, apiVersion, time, ...(subresource !== "" && { subresource }) };
}

/** The managedFields of `next` when `writer` made it from `previous` by anything but an apply. */
export function trackUpdate(
  schema: Schema | undefined,
  previous: KubeObject | undefined,
  next: KubeObject,
  writer: FieldWriter,
): ManagedFieldsEntry[] {
  // Who writes what is recorded from the creation on, or from the first apply on, and else not.
  // Kubernetes: managedfields/internal/skipnonapplied.go
  if (previous !== undefined && (previous.metadata?.managedFields ?? []).length === 0) return [];
  // An explicit empty list means: forget everything (kubectl's documented way to reset ownership).
  const sent = next.metadata?.managedFields;
  if (previous !== undefined && sent !== undefined && isReset(sent)) return [];
  const base = ownersOf(previous);
  const change = compare(ownable(previous), ownable(next), schema);
  const written = change.added.union(change.modified);
  const touched = written.union(change.removed);
  if (touched.isEmpty) return previous === undefined ? [] : entriesOf(base);
  const others = base
    .filter(({ entry }) => !isSameOwner(entry, writer, "Update"))
    .map(({ entry, fields }) => ({ entry, fields: fields.difference(touched) }));
  const mine = base.find(({ entry }) => isSameOwner(entry, writer, "Update"))?.fields ?? new FieldSet();
  const fields = mine.recursiveDifference(change.removed).union(written);
  const entry = newEntry(writer, "Update");
  return entriesOf(mergeOld([...others, { entry, fields }]));
}

function isReset(entries: readonly ManagedFieldsEntry[]): boolean {
  return entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0;
}

/** An object without what nobody owns. */
export function ownable(object: KubeObject | undefined): JsonObject {
  if (object === undefined) return {};
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object as JsonObject;
  const { labels, annotations, finalizers, ownerReferences, generateName } = isJsonObject(metadata) ? metadata : {};
  const owned: JsonObject = {};
  for (const [field, value] of Object.entries({ labels, annotations, finalizers, ownerReferences, generateName })) {
    if (value !== undefined) owned[field] = value;
  }
  return Object.keys(owned).length === 0 ? rest : { ...rest, metadata: owned };
}

/** Removes from a set what nobody owns. */
export function stripUnowned(fields: FieldSet): FieldSet {
  const unowned = new FieldSet();
  for (const path of UNOWNED) unowned.add(path);
  return fields.difference(unowned);
}

/** Kubernetes: managedfields/internal/capmanagers.go */
function mergeOld(owners: readonly Owner[]): Owner[] {
  const updates = owners.filter(({ entry }) => entry.operation === "Update");
  if (updates.length <= MAX_UPDATE_ENTRIES) return [...owners];
  const oldest = [...updates]
    .sort((a, b) => compareText(a.entry.time, b.entry.time))
    .slice(0, updates.length - MAX_UPDATE_ENTRIES + 1);
  const rest = owners.filter((owner) => !oldest.includes(owner));
  const fields = oldest.reduce((all, owner) => all.union(owner.fields), new FieldSet());
  const last = oldest.at(-1);
  if (last === undefined) return [...owners];
  return [...rest, { entry: { ...last.entry, manager: "ancient-changes" }, fields }];
}

/** Whether two lists say the same, times aside. */
export function sameManagedFields(a: readonly ManagedFieldsEntry[], b: readonly ManagedFieldsEntry[]): boolean {
  const text = (entries: readonly ManagedFieldsEntry[]): string =>
    JSON.stringify(
      entries.map(({ manager, operation, apiVersion, subresource = "", fieldsV1 }) => [
        manager,
        operation,
        apiVersion,
        subresource,
        fieldsV1,
      ]),
    );
  return a === b || text(a) === text(b);
}

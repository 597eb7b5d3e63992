/**
 * What of an object changes when another version of it is applied: by the manifest before, the manifest after and what there
 * is, as Helm does it. What neither manifest says is somebody else's. Pure.
 */
import type { KubeObject } from "#machinery/meta.ts";
import { parseQuantityMilli } from "#machinery/quantity.ts";
import { isJsonObject, type JsonObject, jsonEquals } from "#machinery/schema/schema.ts";

export interface FieldChange {
  /** `spec.template.spec.containers[manager].args` */
  readonly path: string;
  readonly from: unknown;
  /** Undefined: it is taken away. */
  readonly to: unknown;
}

export interface Versions {
  readonly live: unknown;
  readonly after: unknown;
  /** Undefined: nothing was applied before. */
  readonly before: unknown;
}

const SKIPPED = new Set(["apiVersion", "kind", "status"]);

export function fieldChanges(versions: {
  readonly live: KubeObject;
  readonly after: KubeObject;
  readonly before: KubeObject | undefined;
}): FieldChange[] {
  const found = compare(versions, "");
  return found.filter(({ path }) => !SKIPPED.has(path.split(/[.[]/)[0] ?? ""));
}

function compare(versions: Versions, path: string): FieldChange[] {
  const { live, after, before } = versions;
  if (isJsonObject(after)) return compareFields({ live, after, before }, path);
  if (!Array.isArray(after)) return compareValue(versions, path);
  return isNamed(after) && isNamed(live)
    ? compareNamed({ live, after, before: isNamed(before) ? before : [] }, path)
    : compareList(versions, path);
}

function compareFields(
  { live, after, before }: { live: unknown; after: JsonObject; before: unknown },
  path: string,
): FieldChange[] {
  const [there, was] = [isJsonObject(live) ? live : {}, isJsonObject(before) ? before : {}];
  const kept = Object.keys(after).flatMap((key) =>
    compare({ live: there[key], after: after[key], before: was[key] }, join(path, key)),
  );
  const gone = Object.keys(was).filter((key) => !(key in after) && there[key] !== undefined);
  return [...kept, ...gone.map((key) => ({ path: join(path, key), from: there[key], to: undefined }))];
}

type Named = JsonObject & { readonly name: string };

function compareNamed(
  { live, after, before }: { live: readonly Named[]; after: readonly Named[]; before: readonly Named[] },
  path: string,
): FieldChange[] {
  const of = (list: readonly Named[], name: string): Named | undefined => list.find((item) => item.name === name);
  const kept = after.flatMap((item) => {
    const there = of(live, item.name);
    const place = `${path}[${item.name}]`;
    if (there === undefined) return [{ path: place, from: undefined, to: item }];
    return compare({ live: there, after: item, before: of(before, item.name) }, place);
  });
  const gone = before.filter(({ name }) => of(after, name) === undefined && of(live, name) !== undefined);
  return [...kept, ...gone.map(({ name }) => ({ path: `${path}[${name}]`, from: of(live, name), to: undefined }))];
}

/** Applied as a whole. */
function compareList({ live, after, before }: Versions, path: string): FieldChange[] {
  const list = after as readonly unknown[];
  const there = Array.isArray(live) ? live : [];
  // Defaults of the server are in none of the manifests.
  const isSaidAnew = before !== undefined && !jsonEquals(before, after) && !jsonEquals(live, after);
  const isThere =
    there.length === list.length &&
    list.every((item, i) => compare({ live: there[i], after: item, before: undefined }, "").length === 0);
  return isThere && !isSaidAnew ? [] : [{ path, from: live, to: after }];
}

function compareValue({ live, after, before }: Versions, path: string): FieldChange[] {
  if (after === undefined || after === null) return [];
  if (isSame(live, after)) return [];
  // Servers leave out what says nothing.
  if (live === undefined && isNothing(after) && (before === undefined || jsonEquals(before, after))) return [];
  return [{ path, from: live, to: after }];
}

function isSame(live: unknown, after: unknown): boolean {
  if (live === after || (isScalar(live) && String(live) === String(after))) return true;
  if (!isQuantity(live) || !isQuantity(after)) return false;
  const milli = parseQuantityMilli(live);
  return milli !== undefined && milli === parseQuantityMilli(after);
}

function isScalar(value: unknown): boolean {
  return value !== undefined && value !== null && typeof value !== "object";
}

/** Servers write quantities their own way: 0.5 as 500m. */
function isQuantity(value: unknown): value is string | number {
  return (typeof value === "string" && /^\d/.test(value)) || typeof value === "number";
}

function isNothing(value: unknown): boolean {
  return value === "" || value === false || value === 0;
}

function isNamed(value: unknown): value is Named[] {
  return (
    Array.isArray(value) &&
    value.every((item) => isJsonObject(item) && typeof item["name"] === "string") &&
    new Set(value.map(({ name }) => name)).size === value.length
  );
}

/** Keys of labels and annotations have dots of their own. */
function join(path: string, key: string): string {
  if (/[./]/.test(key)) return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** They change with each version, on everything. */
const VERSION_LABEL = /labels\[(app\.kubernetes\.io\/version|helm\.sh\/chart)\]$/;

/** Numbers, switches and images with their values: all else may be a secret. */
export function tellFields(changes: readonly FieldChange[]): string {
  const others = changes.filter(({ path }) => !VERSION_LABEL.test(path));
  const told = others.map(({ path, from, to }) => {
    if (to === undefined) return `${path} goes`;
    return isHarmless(path, from) && isHarmless(path, to) ? `${path} ${from} → ${to}` : path;
  });
  return tellSome([...told, ...(others.length < changes.length ? ["labels of the version"] : [])]);
}

/** A screen has some 25 lines; `-o json` has all. */
const MAX_TOLD = 5;

export function tellSome(texts: readonly string[]): string {
  const more = texts.length - MAX_TOLD;
  return [...texts.slice(0, MAX_TOLD), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

function isHarmless(path: string, value: unknown): value is number | boolean | string {
  if (/^(data|stringData)\b/.test(path)) return false;
  const isImage = /(^|\.)(image|containerImage)$/.test(path) && typeof value === "string";
  return typeof value === "number" || typeof value === "boolean" || isImage;
}

/**
 * Strategic merge patch: a merge patch that knows which lists are merged item by item, and by which key.
 * Kubernetes: apimachinery/pkg/util/strategicpatch/patch.go,
 * community/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
import { goText } from "../go-text.ts";
import { fieldSchema, isJsonObject, type JsonObject, jsonEquals, type Schema } from "../schema/schema.ts";
import { badRequest } from "../status-error.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM_LIST = "$deleteFromPrimitiveList/";
const ELEMENT_ORDER = "$setElementOrder/";

/** The patched object; `current` may be changed and parts of `patch` may be in the result. */
export function applyStrategicMergePatch(
  current: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
): JsonObject {
  const directive = patch[DIRECTIVE];
  if (directive === "replace") return withoutDirectives(patch);
  if (directive === "delete") return {};
  if (directive !== undefined && directive !== "merge") throw unknownDirective(directive);
  retainKeys(current, patch);
  for (const [field, value] of Object.entries(patch)) {
    if (field === DIRECTIVE || field === RETAIN_KEYS || field.startsWith(ELEMENT_ORDER)) continue;
    if (field.startsWith(DELETE_FROM_LIST)) {
      const list = field.slice(DELETE_FROM_LIST.length);
      current[list] = removeElements(current[list], value);
    } else if (value === null) delete current[field];
    else if (!Array.isArray(value)) current[field] = mergeField(current[field], value, fieldSchema(schema, field));
  }
  mergeLists(current, patch, schema);
  return current;
}

type KeyOf = (item: unknown) => string;

/** Lists together with the order that the patch gives their elements. */
function mergeLists(current: JsonObject, patch: JsonObject, schema: Schema | undefined): void {
  const fields = Object.keys(patch).map((field) =>
    field.startsWith(ELEMENT_ORDER) ? field.slice(ELEMENT_ORDER.length) : field,
  );
  for (const field of new Set(fields)) {
    if (field.startsWith("$")) continue;
    const [value, order] = [patch[field], patch[ELEMENT_ORDER + field]];
    if (!Array.isArray(value) && !Array.isArray(order)) continue;
    const type = fieldSchema(schema, field);
    const before: unknown[] = Array.isArray(current[field]) ? current[field] : [];
    const merged = Array.isArray(value) ? mergeField(before, value, type) : before;
    if (!isMerged(type) || !Array.isArray(merged)) {
      current[field] = merged;
      continue;
    }
    const mergeKey = type?.["x-kubernetes-patch-merge-key"];
    const keyOf: KeyOf = (item) => JSON.stringify(mergeKey !== undefined && isJsonObject(item) ? item[mergeKey] : item);
    const wanted: readonly unknown[] = Array.isArray(order) ? order : Array.isArray(value) ? value : [];
    current[field] = inOrder(merged, wanted.map(keyOf), before.map(keyOf), keyOf);
  }
}

function mergeField(current: unknown, patch: unknown, schema: Schema | undefined): unknown {
  if (isJsonObject(patch)) {
    if (isReplaceStrategy(schema) && !(DIRECTIVE in patch)) return withoutDirectives(patch);
    return applyStrategicMergePatch(isJsonObject(current) ? current : {}, patch, schema);
  }
  if (!Array.isArray(patch)) return patch;
  if (!isMerged(schema)) return patch.map(clean);
  return mergeList(Array.isArray(current) ? current : [], patch, schema);
}

function isMerged(schema: Schema | undefined): boolean {
  return schema?.["x-kubernetes-patch-strategy"]?.split(",").includes("merge") ?? false;
}

function isReplaceStrategy(schema: Schema | undefined): boolean {
  return schema?.["x-kubernetes-patch-strategy"] === "replace";
}

function mergeList(current: unknown[], patch: readonly unknown[], schema: Schema | undefined): unknown[] {
  const mergeKey = schema?.["x-kubernetes-patch-merge-key"];
  if (mergeKey === undefined)
    return [...current, ...patch.filter((item) => !current.some((old) => jsonEquals(old, item)))];
  const items = patch.filter(isJsonObject);
  if (items.some((item) => item[DIRECTIVE] === "replace")) {
    return items.filter((item) => item[DIRECTIVE] === undefined).map(withoutDirectives);
  }
  const result = [...current];
  for (const item of items) {
    const key = item[mergeKey];
    if (key === undefined) {
      if (item[DIRECTIVE] === "delete" && Object.keys(item).length === 1) continue;
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    }
    const index = result.findIndex((old) => isJsonObject(old) && jsonEquals(old[mergeKey], key));
    if (item[DIRECTIVE] === "delete") {
      for (let i = result.length - 1; i >= 0; i--) {
        const old = result[i];
        if (isJsonObject(old) && jsonEquals(old[mergeKey], key)) result.splice(i, 1);
      }
    } else if (index < 0) result.push(applyStrategicMergePatch({}, item, schema?.items));
    else {
      const old = result[index];
      result[index] = applyStrategicMergePatch(isJsonObject(old) ? old : {}, item, schema?.items);
    }
  }
  return result;
}

/** `$retainKeys`: of a union, all fields but these are cleared before merging. */
function retainKeys(current: JsonObject, patch: JsonObject): void {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw badRequest("invalid patch format of retainKeys directive");
  for (const field of Object.keys(current)) if (!keys.includes(field)) delete current[field];
}

function removeElements(current: unknown, removed: unknown): unknown[] {
  if (!Array.isArray(removed)) throw badRequest("invalid patch format of primitive list");
  const list: unknown[] = Array.isArray(current) ? current : [];
  return list.filter((item) => !removed.some((gone) => jsonEquals(gone, item)));
}

/**
 * Items named by `order` in that order, mixed with the others by where these stood; what is new comes first, as
 * Kubernetes' normalizeElementOrder has it.
 */
function inOrder(
  merged: readonly unknown[],
  order: readonly string[],
  before: readonly string[],
  keyOf: KeyOf,
): unknown[] {
  const listed = merged.filter((item) => order.includes(keyOf(item)));
  listed.sort((a, b) => order.indexOf(keyOf(a)) - order.indexOf(keyOf(b)));
  const others = merged.filter((item) => !order.includes(keyOf(item)));
  const result: unknown[] = [];
  for (const item of listed) {
    const at = before.indexOf(keyOf(item));
    while (others.length > 0 && at >= 0) {
      const other = before.indexOf(keyOf(others[0]));
      if (other < 0 || other > at) break;
      result.push(others.shift());
    }
    result.push(item);
  }
  return [...result, ...others];
}

function clean(value: unknown): unknown {
  return isJsonObject(value) ? withoutDirectives(value) : value;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [field, value] of Object.entries(patch)) {
    if (field === DIRECTIVE || field === RETAIN_KEYS) continue;
    if (field.startsWith(ELEMENT_ORDER) || field.startsWith(DELETE_FROM_LIST) || value === null) continue;
    result[field] = Array.isArray(value) ? value.map(clean) : clean(value);
  }
  return result;
}

function unknownDirective(directive: unknown): Error {
  return badRequest(`Unknown patch type: ${goText(directive)} in map`);
}

/**
 * What a strategic merge patch may not say, in the genuine server's words; none of it is an API error there, so kubectl
 * prints the bare text. Kubernetes: apimachinery/pkg/util/strategicpatch/patch.go, mergepatch/errors.go
 */
import { goText } from "#machinery/go-text.ts";
import { fieldSchema, isJsonObject, type JsonObject, jsonEquals, type Schema } from "#machinery/schema/schema.ts";
import { failure } from "#machinery/status-error.ts";

const DIRECTIVE = "$patch";
const ELEMENT_ORDER = "$setElementOrder/";
const DIRECTIVES = ["merge", "replace", "delete"];

/** Throws 500 with the first fault. */
export function refuseFaultyPatch(patch: JsonObject, schema: Schema | undefined): void {
  const directive = patch[DIRECTIVE];
  if (directive !== undefined && !DIRECTIVES.some((known) => known === directive))
    refuse(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`);
  for (const [field, value] of Object.entries(patch)) {
    const type = fieldSchema(schema, field);
    if (Array.isArray(value) && !field.startsWith("$")) refuseFaultyList(value, patch[ELEMENT_ORDER + field], type);
    else if (isJsonObject(value)) refuseFaultyPatch(value, type);
  }
}

function refuseFaultyList(list: readonly unknown[], order: unknown, schema: Schema | undefined): void {
  const key = schema?.["x-kubernetes-patch-merge-key"];
  if (schema?.["x-kubernetes-patch-strategy"]?.split(",").includes("merge") !== true || key === undefined) return;
  for (const item of list.filter(isJsonObject)) {
    if (item[key] === undefined && item[DIRECTIVE] === undefined)
      refuse(`map: ${goText(item)} does not contain declared merge key: ${key}`);
    refuseFaultyPatch(item, schema.items);
  }
  if (Array.isArray(order) && !isOrdered(list, order, key))
    refuse(`The order in patch list:\n${goText(list)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`);
}

/** Whether the items come in the order given, which may name others between them. */
function isOrdered(list: readonly unknown[], order: readonly unknown[], key: string): boolean {
  const wanted = [...order];
  return list
    .filter(isJsonObject)
    .filter((item) => item[DIRECTIVE] === undefined)
    .every((item) => {
      const at = wanted.findIndex((other) => isJsonObject(other) && jsonEquals(other[key], item[key]));
      wanted.splice(0, at + 1);
      return at >= 0;
    });
}

function refuse(message: string): never {
  throw failure(500, undefined, message);
}

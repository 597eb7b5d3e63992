/** Defaults of structural schemas. Kubernetes: apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go */
import { fieldSchema, isJsonObject, type Schema } from "./schema.ts";

/** Fills absent fields, and null ones that aren't nullable, in place. */
export function applyDefaults(value: unknown, schema: Schema | undefined): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) applyDefaults(item, schema.items);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    const isMissing = value[field] === undefined || (value[field] === null && child.nullable !== true);
    if (isMissing && child.default !== undefined) value[field] = structuredClone(child.default);
    // Without a default a null of a field that can't be null counts as absent.
    else if (value[field] === null && child.nullable !== true && child.type !== undefined) delete value[field];
  }
  for (const [field, child] of Object.entries(value)) applyDefaults(child, fieldSchema(schema, field));
}

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

/** The value with what `applyDefaults` would fill in; the value itself when that is nothing. */
export function withDefaults<T>(value: T, schema: Schema): T {
  if (!isIncomplete(value, schema)) return value;
  const filled = structuredClone(value);
  applyDefaults(filled, schema);
  return filled;
}

function isIncomplete(value: unknown, schema: Schema | undefined): boolean {
  if (schema === undefined) return false;
  if (Array.isArray(value)) return value.some((item) => isIncomplete(item, schema.items));
  if (!isJsonObject(value)) return false;
  return (
    Object.entries(schema.properties ?? {}).some(
      ([field, child]) => value[field] === undefined && child.default !== undefined,
    ) || Object.entries(value).some(([field, child]) => isIncomplete(child, fieldSchema(schema, field)))
  );
}

/** Whether there is a default anywhere in it. */
export function hasDefaults({ properties, items, additionalProperties, default: own }: Schema): boolean {
  const children = [...Object.values(properties ?? {}), items, additionalProperties];
  return own !== undefined || children.some((child) => typeof child === "object" && hasDefaults(child));
}

/**
 * Drops what a schema does not know and reports it, as decoding into Go structs (built-in kinds) and pruning of
 * structural schemas (custom resources) do.
 * Kubernetes: apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go
 */
import { isJsonObject, type JsonObject, type Schema } from "./schema.ts";

const EMBEDDED_FIELDS = new Set(["apiVersion", "kind", "metadata"]);

/** Removes unknown fields from `value` in place; returns their paths (`spec.ports[0].foo`). */
export function prune(value: unknown, schema: Schema, root = true): string[] {
  const unknown: string[] = [];
  visit(value, schema, "", root || schema["x-kubernetes-embedded-resource"] === true, unknown);
  return unknown;
}

function visit(value: unknown, schema: Schema, path: string, resource: boolean, unknown: string[]): void {
  if (Array.isArray(value)) {
    const items = schema.items;
    if (items === undefined) return;
    const embedded = items["x-kubernetes-embedded-resource"] === true;
    for (const [index, item] of value.entries()) visit(item, items, `${path}[${index}]`, embedded, unknown);
    return;
  }
  if (!isJsonObject(value) || isOpaque(schema)) return;
  for (const [field, child] of Object.entries(value)) {
    const childPath = path === "" ? field : `${path}.${field}`;
    const childSchema = schemaFor(schema, field);
    if (childSchema !== undefined) {
      visit(child, childSchema, childPath, childSchema["x-kubernetes-embedded-resource"] === true, unknown);
    } else if (!isPreserved(schema, field, resource)) {
      unknown.push(childPath);
      delete value[field];
    }
  }
}

function schemaFor(schema: Schema, field: string): Schema | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, field)) return properties[field];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** A schema that says nothing about the inside keeps everything. */
function isOpaque(schema: Schema): boolean {
  return schema.type === undefined && schema.properties === undefined && schema.additionalProperties === undefined;
}

function isPreserved(schema: Schema, field: string, resource: boolean): boolean {
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return true;
  if (schema.additionalProperties === true) return true;
  return resource && EMBEDDED_FIELDS.has(field);
}

/**
 * Removes nulls and quotes numeric quantities, as a round trip through Go structs does; a null item of a list or map
 * becomes the zero value of its type. Arbitrary content stays.
 */
export function dropNulls(value: unknown, schema: Schema | undefined): void {
  if (schema === undefined || isOpaque(schema)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (item === null) value[index] = zeroValue(schema.items);
      else dropNulls(item, schema.items);
    }
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [field, child] of Object.entries(value)) {
    const childSchema = schemaFor(schema, field);
    if (child === null && schema.properties !== undefined) delete (value as JsonObject)[field];
    else if (child === null) value[field] = zeroValue(childSchema);
    else if (childSchema?.format === "quantity" && typeof child === "number") value[field] = String(child);
    else dropNulls(child, childSchema);
  }
}

/** What Go has in the place of a null that is an item of its own; nil slices and maps are nulls again. */
function zeroValue(schema: Schema | undefined): unknown {
  if (schema?.format === "quantity") return "0";
  if (schema?.["x-kubernetes-int-or-string"] === true) return 0;
  switch (schema?.type) {
    case "object":
      return schema.properties === undefined ? null : {};
    case "string":
      return schema.format === "byte" || schema.format === "date-time" ? null : "";
    case "integer":
    case "number":
      return 0;
    case "boolean":
      return false;
    default:
      return null;
  }
}

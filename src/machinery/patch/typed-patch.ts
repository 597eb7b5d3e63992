/**
 * Why an applied object does not have the shape of its kind, in the words of server-side apply.
 * Upstream: sigs.k8s.io/structured-merge-diff/v6/typed/validate.go
 */
import { goText } from "../go-text.ts";
import { fieldSchema, isJsonObject, type Schema } from "../schema/schema.ts";

/** One line per fault: `.spec.replicas: expected numeric (int or float), got string`; in the order of the fields. */
export function findShapeErrors(value: unknown, schema: Schema | undefined, path = ""): string[] {
  if (schema === undefined || value === null || value === undefined) return [];
  if (schema["x-kubernetes-int-or-string"] === true || schema.format === "quantity") return [];
  switch (schema.type) {
    case "object":
      return objectErrors(value, schema, path);
    case "array":
      return arrayErrors(value, schema, path);
    case "string":
      return typeof value === "string" ? [] : [`${path}: expected string, got ${goPointer(value)}`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${path}: expected boolean, got &{${goText(value)}}`];
    case "integer":
    case "number":
      return typeof value === "number" ? [] : [`${path}: expected numeric (int or float), got ${goType(value)}`];
    default:
      return [];
  }
}

/** As an error that joins several. */
export function joinShapeErrors(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] ?? "") : ["errors:", ...errors.map((error) => `  ${error}`)].join("\n");
}

function objectErrors(value: unknown, schema: Schema, path: string): string[] {
  if (!isJsonObject(value)) return [`${path}: expected map, got &{${goText(value)}}`];
  const isOpen = schema.properties === undefined || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return Object.entries(value).flatMap(([field, child]) => {
    const childSchema = fieldSchema(schema, field);
    const at = `${path}.${field}`;
    if (childSchema === undefined && !isOpen) return [`${at}: field not declared in schema`];
    return findShapeErrors(child, childSchema, at);
  });
}

function arrayErrors(value: unknown, schema: Schema, path: string): string[] {
  if (!Array.isArray(value)) return [`${path}: expected list, got &{${goText(value)}}`];
  return value.flatMap((item, index) =>
    findShapeErrors(item, schema.items, `${path}[${elementOf(item, index, schema)}]`),
  );
}

/** `name="web"`, `port=80,protocol="TCP"`, or the index in a list that is no map. */
function elementOf(item: unknown, index: number, schema: Schema): string {
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  if (keys.length === 0 || !isJsonObject(item)) return String(index);
  const named = [...keys].sort().map((key) => {
    const found = item[key] ?? fieldSchema(schema.items, key)?.default;
    return found === undefined ? undefined : `${key}=${JSON.stringify(found)}`;
  });
  return named.filter((part) => part !== undefined).join(",");
}

/** Go prints a value that it holds by pointer with `%#v`. */
function goPointer(value: unknown): string {
  const shown = typeof value === "number" || typeof value === "boolean" ? String(value) : goText(value);
  return `&value.valueUnstructured{Value:${shown}}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

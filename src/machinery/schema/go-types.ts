/**
 * The first place where a JSON value does not fit the Go type of a built-in kind, in the words of encoding/json.
 * Kubernetes: sigs.k8s.io/json/internal/golang/encoding/json/decode.go (UnmarshalTypeError)
 */
import { findQuantityError } from "../quantity.ts";
import { fieldSchema, isJsonObject, type Schema } from "./schema.ts";

interface Place {
  /** Go's name of the innermost struct, and the fields from the root to the value. */
  readonly struct: string;
  readonly fields: readonly string[];
}

/** `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`, or undefined. */
export function findTypeError(value: unknown, schema: Schema): string | undefined {
  return check(value, schema, { struct: "", fields: [] })?.decoding;
}

/**
 * The same in the words of a conversion from plain maps, which strategic merge patches go through:
 * `unrecognized type: int32`. Kubernetes: apimachinery/pkg/runtime/converter.go (fromUnstructured)
 */
export function findConversionError(value: unknown, schema: Schema): string | undefined {
  return check(value, schema, { struct: "", fields: [] })?.conversion;
}

interface Problem {
  readonly decoding: string;
  readonly conversion: string;
}

function check(value: unknown, schema: Schema, place: Place): Problem | undefined {
  if (value === null || value === undefined) return undefined;
  if (schema.format === "quantity") return checkQuantity(value, place);
  if (schema["x-kubernetes-int-or-string"] === true) {
    return typeof value === "string" || Number.isInteger(value) ? undefined : typeMismatch(value, "int32", place);
  }
  switch (schema.type) {
    case "object":
      return checkObject(value, schema, place);
    case "array":
      return checkArray(value, schema, place);
    case "string":
      return typeof value === "string" ? checkTime(value, schema) : typeMismatch(value, goName(schema), place);
    case "boolean":
      return typeof value === "boolean" ? undefined : typeMismatch(value, "bool", place);
    case "integer":
      return Number.isInteger(value) ? undefined : typeMismatch(value, goName(schema), place);
    case "number":
      return typeof value === "number" ? undefined : typeMismatch(value, "float64", place);
    default:
      return undefined;
  }
}

function checkObject(value: unknown, schema: Schema, place: Place): Problem | undefined {
  if (!isJsonObject(value)) return typeMismatch(value, goName(schema), place);
  const isStruct = schema.properties !== undefined;
  for (const [field, child] of Object.entries(value)) {
    const childSchema = fieldSchema(schema, field);
    if (childSchema === undefined) continue;
    // Map keys leave no trace in Go's error context, struct fields do.
    const inside = isStruct ? { struct: schema.goType ?? "", fields: [...place.fields, field] } : place;
    const error = check(child, childSchema, inside);
    if (error !== undefined) return error;
  }
  return undefined;
}

function checkArray(value: unknown, schema: Schema, place: Place): Problem | undefined {
  if (!Array.isArray(value)) return typeMismatch(value, goName(schema), place);
  if (schema.items === undefined) return undefined;
  for (const item of value) {
    const error = check(item, schema.items, place);
    if (error !== undefined) return error;
  }
  return undefined;
}

function checkQuantity(value: unknown, place: Place): Problem | undefined {
  if (typeof value !== "string" && typeof value !== "number") return typeMismatch(value, "resource.Quantity", place);
  const why = findQuantityError(value);
  return why === undefined ? undefined : sameProblem(why);
}

function checkTime(value: string, schema: Schema): Problem | undefined {
  if (schema.format !== "date-time" || !Number.isNaN(Date.parse(value))) return undefined;
  return sameProblem(
    `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
  );
}

function sameProblem(text: string): Problem {
  return { decoding: text, conversion: text };
}

function typeMismatch(value: unknown, goType: string, place: Place): Problem {
  const where = place.fields.length === 0 ? "value" : `struct field ${place.struct}.${place.fields.join(".")}`;
  return {
    decoding: `json: cannot unmarshal ${wordOf(value)} into Go ${where} of type ${goType}`,
    conversion: conversionText(value, goType),
  };
}

/** Go converts numbers to strings and to each other, which is then refused by name; other pairs it cannot convert at all. */
function conversionText(value: unknown, goType: string): string {
  const from = sourceType(value);
  if (goType.startsWith("[]")) return `cannot restore slice from ${from}`;
  if (goType.startsWith("map[")) return `cannot restore map from ${from}`;
  if (goType.startsWith("v1.")) return `cannot restore struct from: ${from}`;
  return typeof value === "number" && goType !== "bool"
    ? `cannot convert ${from} to ${goType}`
    : `unrecognized type: ${goType}`;
}

function sourceType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

function wordOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "number" : `number ${value}`;
  return typeof value === "boolean" ? "bool" : typeof value;
}

function goName(schema: Schema): string {
  if (schema.type === "array") return `[]${schema.items === undefined ? "interface {}" : goName(schema.items)}`;
  if (schema.type === "integer") return schema.format ?? "int64";
  if (schema.type === "boolean") return "bool";
  if (schema.type !== "object") return schema.type ?? "interface {}";
  if (schema.properties !== undefined) return `v1.${schema.goType ?? ""}`;
  const rest = schema.additionalProperties;
  return `map[string]${typeof rest === "object" ? goName(rest) : "interface {}"}`;
}

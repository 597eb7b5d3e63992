/**
 * Validation of custom resources against their structural schema, in Kubernetes' words.
 * Kubernetes: apiextensions-apiserver/pkg/apiserver/validation/validation.go, kube-openapi/pkg/validation/validate
 */
import { isIP, isIPv4, isIPv6 } from "node:net";
import { RE2JS } from "re2js";
import { duplicate, type FieldError, invalid, notSupported, required, tooMany, typeInvalid } from "../field-error.ts";
import { fieldSchema, isJsonObject, jsonEquals, type Schema } from "./schema.ts";

export function validateSchema(value: unknown, schema: Schema, path = ""): FieldError[] {
  if (value === null) return schema.nullable === true || isUntyped(schema) ? [] : [wrongType(value, schema, path)];
  const errors = validateType(value, schema, path);
  if (errors.length > 0) return errors;
  return [
    ...validateEnum(value, schema, path),
    ...(typeof value === "string" ? validateString(value, schema, path) : []),
    ...(typeof value === "number" ? validateNumber(value, schema, path) : []),
    ...(Array.isArray(value) ? validateArray(value, schema, path) : []),
    ...(isJsonObject(value) ? validateObject(value, schema, path) : []),
    ...validateCombinations(value, schema, path),
  ];
}

function isUntyped(schema: Schema): boolean {
  return schema.type === undefined && schema["x-kubernetes-int-or-string"] !== true;
}

function validateType(value: unknown, schema: Schema, path: string): FieldError[] {
  if (schema["x-kubernetes-int-or-string"] === true) {
    const fits = typeof value === "string" || Number.isInteger(value);
    return fits ? [] : [wrongType(value, { type: "integer" }, path)];
  }
  const fits: Record<string, boolean> = {
    object: isJsonObject(value),
    array: Array.isArray(value),
    string: typeof value === "string",
    integer: Number.isInteger(value),
    number: typeof value === "number",
    boolean: typeof value === "boolean",
  };
  return schema.type === undefined || fits[schema.type] === true ? [] : [wrongType(value, schema, path)];
}

function wrongType(value: unknown, schema: Schema, path: string): FieldError {
  const found = JSON.stringify(typeName(value));
  return typeInvalid(path, typeName(value), `${path} in body must be of type ${schema.type ?? "object"}: ${found}`);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value;
}

function validateEnum(value: unknown, schema: Schema, path: string): FieldError[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => jsonEquals(allowed, value))) return [];
  return [notSupported(path, value, schema.enum.map(String))];
}

function validateString(value: string, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    const message = `Too long: may not be more than ${schema.maxLength} bytes`;
    errors.push({ reason: "FieldValueTooLong", field: path, message });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    errors.push(invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !RE2JS.compile(schema.pattern).matcher(value).find()) {
    errors.push(invalid(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  if (schema.format !== undefined && !hasFormat(value, schema.format)) {
    errors.push(invalid(path, value, `${path} in body must be of type ${schema.format}: ${JSON.stringify(value)}`));
  }
  return errors;
}

/** Formats that Kubernetes checks; unknown ones hold for anything. */
function hasFormat(value: string, format: string): boolean {
  switch (format) {
    case "date-time":
      return (
        /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) &&
        !Number.isNaN(Date.parse(value))
      );
    case "date":
      return /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
    case "ipv4":
      return isIPv4(value);
    case "ipv6":
      return isIPv6(value);
    case "cidr": {
      const [address = "", length = ""] = value.split("/");
      return isIP(address) !== 0 && /^\d+$/.test(length) && Number(length) <= (isIPv4(address) ? 32 : 128);
    }
    case "uuid":
      return /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value);
    case "byte":
      // Nothing is none of it, as Kubernetes sees it.
      return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/.test(value);
    case "email":
      return /^[^@\s]+@[^@\s]+$/.test(value);
    case "uri":
      return URL.canParse(value);
    case "duration":
      return /^([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h|d|w))+$|^0$/.test(value);
    default:
      return true;
  }
}

function validateNumber(value: number, schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { minimum, maximum, multipleOf } = schema;
  if (minimum !== undefined && (schema.exclusiveMinimum === true ? value <= minimum : value < minimum)) {
    const bound = schema.exclusiveMinimum === true ? "greater than" : "greater than or equal to";
    errors.push(invalid(path, value, `${path} in body should be ${bound} ${minimum}`));
  }
  if (maximum !== undefined && (schema.exclusiveMaximum === true ? value >= maximum : value > maximum)) {
    const bound = schema.exclusiveMaximum === true ? "less than" : "less than or equal to";
    errors.push(invalid(path, value, `${path} in body should be ${bound} ${maximum}`));
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    errors.push(invalid(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  }
  const limit = schema.format === "int32" ? 2 ** 31 : undefined;
  if (limit !== undefined && (value >= limit || value < -limit)) {
    errors.push(invalid(path, value, `${path} in body must be of type int32: "number"`));
  }
  return errors;
}

function validateArray(value: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const { items, minItems, maxItems } = schema;
  const errors = items === undefined ? [] : value.flatMap((item, i) => validateSchema(item, items, `${path}[${i}]`));
  if (maxItems !== undefined && value.length > maxItems) errors.push(tooMany(path, value.length, maxItems));
  if (minItems !== undefined && value.length < minItems) {
    errors.push(invalid(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  return [...errors, ...validateUniqueness(value, schema, path)];
}

function validateUniqueness(value: readonly unknown[], schema: Schema, path: string): FieldError[] {
  const type = schema["x-kubernetes-list-type"];
  const seen = new Set<string>();
  if (type !== "set" && type !== "map" && schema.uniqueItems !== true) return [];
  return value.flatMap((item, i) => {
    const keys = schema["x-kubernetes-list-map-keys"] ?? [];
    const identity =
      type === "map" && isJsonObject(item) ? Object.fromEntries(keys.map((key) => [key, item[key]])) : item;
    const text = JSON.stringify(identity);
    const isSecond = seen.has(text);
    seen.add(text);
    return isSecond ? [duplicate(`${path}[${i}]`, identity)] : [];
  });
}

function validateObject(value: Readonly<Record<string, unknown>>, schema: Schema, path: string): FieldError[] {
  const { minProperties, maxProperties } = schema;
  const errors: FieldError[] = [];
  for (const field of schema.required ?? []) {
    if (value[field] === undefined) errors.push(required(join(path, field)));
  }
  for (const [field, child] of Object.entries(value)) {
    const childSchema = fieldSchema(schema, field);
    if (childSchema === undefined) continue;
    // A child may have more errors than a call has arguments.
    for (const error of validateSchema(child, childSchema, join(path, field))) errors.push(error);
  }
  const size = Object.keys(value).length;
  if (maxProperties !== undefined && size > maxProperties) errors.push(tooMany(path, size, maxProperties));
  if (minProperties !== undefined && size < minProperties) {
    errors.push(invalid(path, size, `${path} in body should have at least ${minProperties} properties`));
  }
  return errors;
}

function validateCombinations(value: unknown, schema: Schema, path: string): FieldError[] {
  const fits = (part: Schema): boolean => validateSchema(value, part, path).length === 0;
  const errors = (schema.allOf ?? []).flatMap((part) => validateSchema(value, part, path));
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) {
    errors.push(invalid(path, typeName(value), `${path} in body must validate at least one schema (anyOf)`));
  }
  const matching = schema.oneOf?.filter(fits).length ?? 1;
  if (matching !== 1) {
    const found = matching === 0 ? "Found none valid" : `Found ${matching} valid alternatives`;
    errors.push(
      invalid(path, typeName(value), `${path} in body must validate one and only one schema (oneOf). ${found}`),
    );
  }
  if (schema.not !== undefined && fits(schema.not)) {
    errors.push(invalid(path, typeName(value), `${path} in body must not validate the schema (not)`));
  }
  return errors;
}

export function join(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

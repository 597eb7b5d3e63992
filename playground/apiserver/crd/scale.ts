/** The numbers that `/scale` of a custom resource reads. Kubernetes: apiextensions-apiserver/pkg/registry/customresource/validator.go */
import { type FieldError, invalid } from "#machinery/field-error.ts";
import { goText } from "#machinery/go-text.ts";
import { isJsonObject, type JsonObject } from "#machinery/schema/schema.ts";
import type { CrdVersion } from "./crd.ts";

const MAX_REPLICAS = 2 ** 31 - 1;

export function validateScale(object: JsonObject, { subresources }: CrdVersion): FieldError[] {
  const { specReplicasPath, statusReplicasPath } = subresources?.scale ?? {};
  return [specReplicasPath, statusReplicasPath].flatMap((path) =>
    path === undefined ? [] : validateReplicas(object, path),
  );
}

function validateReplicas(object: JsonObject, path: string): FieldError[] {
  const fields = path.replace(/^\./, "").split(".");
  let value: unknown = object;
  for (const field of fields) {
    if (!isJsonObject(value)) return [wrongType(path, value, "map[string]interface{}")];
    value = value[field];
    if (value === undefined || value === null) return [];
  }
  if (!Number.isInteger(value)) return [wrongType(path, value, "int64")];
  const replicas = Number(value);
  if (replicas < 0) return [invalid(path, replicas, "should be a non-negative integer")];
  return replicas > MAX_REPLICAS ? [invalid(path, replicas, `should be less than or equal to ${MAX_REPLICAS}`)] : [];
}

function wrongType(path: string, value: unknown, expected: string): FieldError {
  return invalid(
    path,
    0,
    `${path} accessor error: ${goText(value)} is of the type ${goType(value)}, expected ${expected}`,
  );
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "map[string]interface {}";
}

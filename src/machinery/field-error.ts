/**
 * One validation failure of one field, with Kubernetes' own wording.
 * Kubernetes: apimachinery/pkg/util/validation/field/errors.go
 */
export type FieldErrorReason =
  | "FieldValueRequired"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueDuplicate"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "FieldValueNotFound";

export interface FieldError {
  readonly reason: FieldErrorReason;
  /** `spec.containers[0].image` */
  readonly field: string;
  /** As printed in the Status: `Invalid value: "x": must be …`. */
  readonly message: string;
}

export function required(field: string, detail = ""): FieldError {
  return { reason: "FieldValueRequired", field, message: join("Required value", detail) };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: "FieldValueInvalid", field, message: join(`Invalid value: ${show(value)}`, detail) };
}

export function notSupported(field: string, value: unknown, allowed: readonly string[]): FieldError {
  const detail = allowed.length === 0 ? "" : `supported values: ${allowed.map((v) => JSON.stringify(v)).join(", ")}`;
  return { reason: "FieldValueNotSupported", field, message: join(`Unsupported value: ${show(value)}`, detail) };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { reason: "FieldValueDuplicate", field, message: `Duplicate value: ${show(value)}` };
}

export function forbidden(field: string, detail: string): FieldError {
  return { reason: "FieldValueForbidden", field, message: join("Forbidden", detail) };
}

export function tooLong(field: string, maxLength: number): FieldError {
  return {
    reason: "FieldValueTooLong",
    field,
    message: `Too long: may not be more than ${maxLength} ${maxLength === 1 ? "byte" : "bytes"}`,
  };
}

export function tooMany(field: string, actual: number, max: number): FieldError {
  return {
    reason: "FieldValueTooMany",
    field,
    message: `Too many: ${actual}: must have at most ${max} item${max === 1 ? "" : "s"}`,
  };
}

export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: "FieldValueTypeInvalid", field, message: join(`Invalid value: ${show(value)}`, detail) };
}

function join(head: string, detail: string): string {
  return detail === "" ? head : `${head}: ${detail}`;
}

function show(value: unknown): string {
  if (value === undefined || value === null) return "null";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : JSON.stringify(value);
}

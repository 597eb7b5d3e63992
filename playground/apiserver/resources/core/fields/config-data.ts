/** Data of ConfigMaps and Secrets. Kubernetes: pkg/apis/core/validation (ValidateConfigMap, ValidateSecret) */
import { type FieldError, forbidden, tooLong } from "#machinery/field-error.ts";
import { validateConfigKey } from "./config-key.ts";

const MAX_BYTES = 1024 * 1024;

export function validateKeys(data: Readonly<Record<string, string>> | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  let bytes = 0;
  for (const [key, value] of Object.entries(data ?? {})) {
    errors.push(...validateConfigKey(key, `${path}[${key}]`));
    bytes += Buffer.byteLength(value ?? "");
  }
  if (bytes > MAX_BYTES) errors.push(tooLong("", MAX_BYTES));
  return errors;
}

export function validateImmutable<T extends { immutable?: boolean }>(
  next: T,
  previous: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (previous.immutable !== true) return [];
  const errors: FieldError[] = [];
  if (next.immutable !== true) errors.push(forbidden("immutable", "field is immutable when `immutable` is set"));
  for (const field of fields) {
    if (JSON.stringify(next[field] ?? {}) !== JSON.stringify(previous[field] ?? {})) {
      errors.push(forbidden(field, "field is immutable when `immutable` is set"));
    }
  }
  return errors;
}

/** Access modes, volume modes and sizes of volumes and claims. Kubernetes: pkg/apis/core/validation */
import { type FieldError, forbidden, invalid, notSupported } from "#machinery/field-error.ts";
import { milliOf } from "#machinery/quantity.ts";

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

const VOLUME_MODES = ["Block", "Filesystem"];

export function modes(list: readonly string[] | undefined): string {
  return (list ?? []).map((mode) => MODES[mode] ?? mode).join(",");
}

export function validateModes(list: readonly string[]): FieldError[] {
  const known = Object.keys(MODES).sort();
  const errors = list
    .filter((mode) => !known.includes(mode))
    .map((mode) => notSupported("spec.accessModes", mode, known));
  const isAlone = list.every((mode) => mode === "ReadWriteOncePod" || !known.includes(mode));
  if (list.includes("ReadWriteOncePod") && !isAlone)
    errors.push(forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes"));
  return errors;
}

export function validatePositive(amount: string, field: string): FieldError[] {
  return milliOf(amount) > 0n ? [] : [invalid(field, amount, "must be greater than zero")];
}

export function validateMode(mode: string | undefined): FieldError[] {
  return mode === undefined || VOLUME_MODES.includes(mode) ? [] : [notSupported("spec.volumeMode", mode, VOLUME_MODES)];
}

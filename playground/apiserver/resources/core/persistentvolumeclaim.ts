/** Persistent volume claims. Kubernetes: pkg/registry/core/persistentvolumeclaim, pkg/apis/core/validation */
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "kubernetes-types/core/v1";
import { persistentVolumeClaims } from "#machinery/builtin.ts";
import { type FieldError, forbidden, required } from "#machinery/field-error.ts";
import { milliOf } from "#machinery/quantity.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateSelector } from "../validation.ts";
import { modes, validateMode, validateModes, validatePositive } from "./fields/volume-modes.ts";

export const persistentVolumeClaimStrategy = anyStrategy<PersistentVolumeClaim>({
  resource: persistentVolumeClaims,
  singular: "persistentvolumeclaim",
  shortNames: ["pvc"],
  status: true,
  generation: false,
  setDefaults: (claim) => {
    if (claim.spec !== undefined) claim.spec.volumeMode ??= "Filesystem";
  },
  prepareForCreate: (claim) => Object.assign(claim, { status: { phase: "Pending" } }),
  validate: validateClaim,
  validateUpdate: (next, previous) => [...validateClaim(next), ...validateClaimUpdate(next, previous)],
  table: table<PersistentVolumeClaim>([
    { name: "Status", value: (c) => (c.metadata?.deletionTimestamp === undefined ? c.status?.phase : "Terminating") },
    { name: "Volume", value: (claim) => claim.spec?.volumeName ?? "" },
    { name: "Capacity", value: (claim) => claim.status?.capacity?.["storage"] ?? "" },
    { name: "Access Modes", value: (claim) => modes(claim.status?.accessModes) },
    { name: "StorageClass", value: (claim) => claim.spec?.storageClassName ?? "" },
    { name: "VolumeAttributesClass", value: () => "<unset>" },
    age(),
    { name: "VolumeMode", value: (claim) => claim.spec?.volumeMode, wide: true },
  ]),
});

function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  const { accessModes = [], selector, resources, volumeMode } = spec ?? {};
  const at = "spec.resources[storage]";
  const size = resources?.requests?.["storage"];
  return [
    ...(accessModes.length === 0 ? [required("spec.accessModes", "at least 1 access mode is required")] : []),
    ...validateSelector(selector, "spec.selector"),
    ...validateModes(accessModes),
    ...(size === undefined ? [required(at)] : validatePositive(size, at)),
    ...validateMode(volumeMode),
  ];
}

function validateClaimUpdate(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): FieldError[] {
  const size = (claim: PersistentVolumeClaim): bigint => milliOf(claim.spec?.resources?.requests?.["storage"]);
  const errors: FieldError[] = [];
  if (!jsonEquals(fixedPart(next, previous), fixedPart(previous, previous))) {
    const why =
      "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    errors.push(forbidden("spec", why));
  }
  if (size(next) < size(previous) && size(next) <= milliOf(previous.status?.capacity?.["storage"]))
    errors.push(forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
  return errors;
}

/** What of a claim may not change, given what it was: a volume and a class may be chosen once. */
function fixedPart(claim: PersistentVolumeClaim, previous: PersistentVolumeClaim): object {
  const spec = { ...claim.spec } as Partial<PersistentVolumeClaimSpec> & Record<string, unknown>;
  delete spec["volumeAttributesClassName"];
  if ((previous.spec?.volumeName ?? "") === "") delete spec.volumeName;
  if (previous.spec?.storageClassName === undefined) delete spec.storageClassName;
  if (previous.status?.phase === "Bound") spec.resources = { ...spec.resources, requests: {} };
  return spec;
}

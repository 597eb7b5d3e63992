/** PersistentVolumes and claims. Kubernetes: pkg/registry/core/{persistentvolume,persistentvolumeclaim} */
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec } from "kubernetes-types/core/v1";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { milliOf } from "#machinery/quantity.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { timestamp } from "../../core.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable, validateSelector } from "../validation.ts";

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

const RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"];
const VOLUME_MODES = ["Block", "Filesystem"];
/** Fields of a volume that are no source of its data. */
const VOLUME_FIELDS = new Set([
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
]);

export const persistentVolumeStrategy = anyStrategy<PersistentVolume>({
  resource: persistentVolumes,
  singular: "persistentvolume",
  shortNames: ["pv"],
  status: true,
  generation: false,
  setDefaults: (volume) => {
    if (volume.spec === undefined) return;
    volume.spec.persistentVolumeReclaimPolicy ||= "Retain";
    volume.spec.volumeMode ??= "Filesystem";
    if (volume.spec.hostPath !== undefined) volume.spec.hostPath.type ??= "";
  },
  prepareForCreate: (volume) =>
    Object.assign(volume, {
      status: { phase: "Pending", lastPhaseTransitionTime: volume.metadata?.creationTimestamp },
    }),
  prepareForStatusUpdate: (next, previous) => {
    if (next.status === undefined || next.status.phase === previous.status?.phase) return;
    Object.assign(next.status, { lastPhaseTransitionTime: timestamp(Date.now()) });
  },
  validate: validateVolume,
  validateUpdate: (next, previous) => [...validateVolume(next), ...validateVolumeUpdate(next, previous)],
  table: table<PersistentVolume>([
    { name: "Capacity", value: (volume) => volume.spec?.capacity?.["storage"] },
    { name: "Access Modes", value: (volume) => modes(volume.spec?.accessModes) },
    { name: "Reclaim Policy", value: (volume) => volume.spec?.persistentVolumeReclaimPolicy },
    { name: "Status", value: (volume) => volume.status?.phase },
    {
      name: "Claim",
      value: ({ spec }) => (spec?.claimRef === undefined ? "" : `${spec.claimRef.namespace}/${spec.claimRef.name}`),
    },
    { name: "StorageClass", value: (volume) => volume.spec?.storageClassName ?? "" },
    { name: "VolumeAttributesClass", value: () => "<unset>" },
    { name: "Reason", value: (volume) => volume.status?.reason ?? "" },
    age(),
    { name: "VolumeMode", value: (volume) => volume.spec?.volumeMode, wide: true },
  ]),
});

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

function modes(list: readonly string[] | undefined): string {
  return (list ?? []).map((mode) => MODES[mode] ?? mode).join(",");
}

function validateModes(list: readonly string[]): FieldError[] {
  const known = Object.keys(MODES).sort();
  const errors = list
    .filter((mode) => !known.includes(mode))
    .map((mode) => notSupported("spec.accessModes", mode, known));
  const isAlone = list.every((mode) => mode === "ReadWriteOncePod" || !known.includes(mode));
  if (list.includes("ReadWriteOncePod") && !isAlone)
    errors.push(forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes"));
  return errors;
}

function validatePositive(amount: string, field: string): FieldError[] {
  return milliOf(amount) > 0n ? [] : [invalid(field, amount, "must be greater than zero")];
}

function validateMode(mode: string | undefined): FieldError[] {
  return mode === undefined || VOLUME_MODES.includes(mode) ? [] : [notSupported("spec.volumeMode", mode, VOLUME_MODES)];
}

function validateVolume({ spec }: PersistentVolume): FieldError[] {
  const { accessModes = [], capacity = {}, persistentVolumeReclaimPolicy: policy = "" } = spec ?? {};
  const amounts = Object.entries(capacity);
  const errors = accessModes.length === 0 ? [required("spec.accessModes")] : validateModes(accessModes);
  if (amounts.length === 0) errors.push(required("spec.capacity"));
  if (capacity["storage"] === undefined || amounts.length > 1)
    errors.push(notSupported("spec.capacity", amounts.length === 0 ? null : capacity, ["storage"]));
  errors.push(...amounts.flatMap(([name, amount]) => validatePositive(amount, `spec.capacity[${name}]`)));
  if (!RECLAIM_POLICIES.includes(policy))
    errors.push(notSupported("spec.persistentVolumeReclaimPolicy", policy, RECLAIM_POLICIES));
  const [, ...more] = Object.keys(spec ?? {}).filter((field) => !VOLUME_FIELDS.has(field));
  const has = Object.keys(spec ?? {}).some((field) => !VOLUME_FIELDS.has(field));
  if (!has) errors.push(required("spec", "must specify a volume type"));
  errors.push(...more.map((field) => forbidden(`spec.${field}`, "may not specify more than 1 volume type")));
  if (spec?.hostPath !== undefined && (spec.hostPath.path ?? "") === "") errors.push(required("spec.hostPath.path"));
  return [...errors, ...validateMode(spec?.volumeMode)];
}

function validateVolumeUpdate(next: PersistentVolume, previous: PersistentVolume): FieldError[] {
  const sourceOf = ({ spec }: PersistentVolume): object =>
    Object.fromEntries(Object.entries(spec ?? {}).filter(([field]) => !VOLUME_FIELDS.has(field)));
  const at = "spec.persistentvolumesource";
  return [
    ...(jsonEquals(sourceOf(next), sourceOf(previous)) ? [] : [forbidden(at, `${at} is immutable after creation`)]),
    ...validateImmutable(next.spec?.volumeMode, previous.spec?.volumeMode, "volumeMode"),
  ];
}

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

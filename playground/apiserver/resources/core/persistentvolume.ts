/** Persistent volumes. Kubernetes: pkg/registry/core/persistentvolume, pkg/apis/core/validation */
import type { PersistentVolume } from "kubernetes-types/core/v1";
import { persistentVolumes } from "#machinery/builtin.ts";
import { type FieldError, forbidden, notSupported, required } from "#machinery/field-error.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { timestamp } from "../../core.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable } from "../validation.ts";
import { modes, validateMode, validateModes, validatePositive } from "./fields/volume-modes.ts";

const RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"];

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
  prepareForStatusUpdate: (next, previous, nowMs) => {
    if (next.status === undefined || next.status.phase === previous.status?.phase) return;
    Object.assign(next.status, { lastPhaseTransitionTime: timestamp(nowMs) });
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

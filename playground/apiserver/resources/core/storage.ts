/** PersistentVolumes and claims. Kubernetes: pkg/registry/core/{persistentvolume,persistentvolumeclaim} */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import { required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

export const persistentVolumeStrategy = anyStrategy<PersistentVolume>({
  resource: persistentVolumes,
  singular: "persistentvolume",
  shortNames: ["pv"],
  status: true,
  generation: false,
  setDefaults: (volume) => {
    if (volume.spec === undefined) return;
    volume.spec.persistentVolumeReclaimPolicy ??= "Retain";
    volume.spec.volumeMode ??= "Filesystem";
    if (volume.spec.hostPath !== undefined) volume.spec.hostPath.type ??= "";
  },
  prepareForCreate: (volume) =>
    Object.assign(volume, {
      status: { phase: "Pending", lastPhaseTransitionTime: volume.metadata?.creationTimestamp },
    }),
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validate: (volume) => [
    ...((volume.spec?.accessModes ?? []).length === 0 ? [required("spec.accessModes")] : []),
    ...(volume.spec?.capacity === undefined ? [required("spec.capacity")] : []),
  ],
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
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validate: (claim) => [
    ...((claim.spec?.accessModes ?? []).length === 0
      ? [required("spec.accessModes", "at least 1 access mode is required")]
      : []),
    ...(claim.spec?.resources?.requests?.["storage"] === undefined ? [required("spec.resources[storage]")] : []),
  ],
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

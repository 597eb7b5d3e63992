/** What becomes of a volume of the virtual class, here or at a provider, that its claim has left. */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import { PROVISIONED_BY } from "#machinery/volume.ts";

/** First the real claim behind it, with the data; then the volume that stands for it. */
export type VolumePlan = "nothing" | "remove-real-claim" | "wait" | "remove";

export function planVolume(volume: PersistentVolume, real: PersistentVolumeClaim | undefined): VolumePlan {
  if (!isLeft(volume)) return "nothing";
  if (real === undefined) return "remove";
  return real.metadata?.deletionTimestamp === undefined ? "remove-real-claim" : "wait";
}

/** The volume controller says so; with another policy an administrator decides. */
export function isLeft({ metadata, spec, status }: PersistentVolume): boolean {
  return (
    metadata?.annotations?.[PROVISIONED_BY] === STORAGE_PROVISIONER &&
    metadata.deletionTimestamp === undefined &&
    status?.phase === "Released" &&
    spec?.persistentVolumeReclaimPolicy === "Delete" &&
    (spec.claimRef?.uid ?? "") !== ""
  );
}

/** What a volume needs next. Kubernetes: pkg/controller/volume/persistentvolume/pv_controller.go (syncVolume) */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { PROVISIONED_BY } from "#machinery/volume.ts";
import { LOCAL_PATH } from "../local-path-provisioner/volume.ts";

/** `release` is the moment its claim has gone; `reclaim` what follows with the policy Delete. */
export type VolumePlan = "available" | "bound" | "release" | "reclaim" | "keep";

export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const reference = volume.spec?.claimRef;
  if (reference === undefined || (reference.uid ?? "") === "") return "available";
  if (claim !== undefined && claim.metadata?.uid === reference.uid)
    return claim.spec?.volumeName === volume.metadata?.name ? "bound" : "keep";
  if (volume.status?.phase !== "Released") return "release";
  const isOurs = (volume.metadata?.annotations?.[PROVISIONED_BY] ?? LOCAL_PATH) === LOCAL_PATH;
  // An external provisioner removes its own: the folder that such a volume names may be somebody else's.
  return volume.spec?.persistentVolumeReclaimPolicy === "Delete" && isOurs ? "reclaim" : "keep";
}

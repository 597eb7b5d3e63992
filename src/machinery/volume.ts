/** Which PersistentVolume a claim can have. Kubernetes: component-helpers/storage/volume/pv_helpers.go (FindMatchingVolume) */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { milliOf } from "./quantity.ts";
import { selects } from "./selector.ts";

export const SELECTED_NODE = "volume.kubernetes.io/selected-node";
export const NO_PROVISIONER = "kubernetes.io/no-provisioner";
/** On a volume: the provisioner that made it, and that removes it. */
export const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";
/** On a claim: the provisioner that its volume is asked of. The first is of servers before 1.23. */
const ASKED_OF = ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];

/** Whether the volume controller has asked this provisioner for the claim's volume. */
export function isAskedOf({ metadata }: PersistentVolumeClaim, provisioner: string): boolean {
  return ASKED_OF.some((key) => metadata?.annotations?.[key] === provisioner);
}

/** Whether the volume was made, or set aside, for this very claim. */
export function isBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec?.claimRef;
  if (reference?.name !== claim.metadata?.name || reference?.namespace !== claim.metadata?.namespace) return false;
  // Without a uid an administrator has reserved it by name.
  return (reference?.uid ?? "") === "" || reference?.uid === claim.metadata?.uid;
}

/** The smallest volume that satisfies the claim, one that is set aside for it before all others. */
export function findVolume(
  volumes: readonly PersistentVolume[],
  claim: PersistentVolumeClaim,
  accepts: (volume: PersistentVolume) => boolean = () => true,
): PersistentVolume | undefined {
  const reserved = volumes.find((volume) => isBoundTo(volume, claim));
  if (reserved !== undefined) return reserved;
  const size = (volume: PersistentVolume): bigint => milliOf(volume.spec?.capacity?.["storage"]);
  const [smallest] = volumes
    .filter((volume) => volume.spec?.claimRef === undefined && satisfies(volume, claim) && accepts(volume))
    .sort((a, b) => (size(a) < size(b) ? -1 : size(a) > size(b) ? 1 : 0));
  return smallest;
}

function satisfies({ metadata, spec, status }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const wanted = claim.spec;
  if (metadata?.deletionTimestamp !== undefined || status?.phase === "Released" || status?.phase === "Failed")
    return false;
  if ((spec?.storageClassName ?? "") !== (wanted?.storageClassName ?? "")) return false;
  if ((spec?.volumeMode ?? "Filesystem") !== (wanted?.volumeMode ?? "Filesystem")) return false;
  const modes = new Set(spec?.accessModes ?? []);
  if (!(wanted?.accessModes ?? []).every((mode) => modes.has(mode))) return false;
  if (wanted?.selector !== undefined && !selects(wanted.selector, metadata?.labels)) return false;
  return milliOf(spec?.capacity?.["storage"]) >= milliOf(wanted?.resources?.requests?.["storage"]);
}

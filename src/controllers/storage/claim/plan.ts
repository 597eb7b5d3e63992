/** What a claim of the virtual storage class needs next, at home. */
import type { Node, PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { isAskedOf, SELECTED_NODE } from "#machinery/volume.ts";

export interface ClaimSeen {
  readonly claim: PersistentVolumeClaim;
  /** The one that was selected for it, if it exists. */
  readonly node: Node | undefined;
  /** The claim behind it. */
  readonly real: PersistentVolumeClaim | undefined;
  /** What the latter is bound to. */
  readonly realVolume: PersistentVolume | undefined;
}

export type ClaimPlan =
  | { readonly do: "nothing" }
  /** The node has gone: the scheduler is to choose another. */
  | { readonly do: "reschedule" }
  | { readonly do: "claim" }
  | { readonly do: "refuse"; readonly message: string }
  | { readonly do: "provide"; readonly realVolume: PersistentVolume };

const NOTHING: ClaimPlan = { do: "nothing" };

export function planClaim({ claim, node, real, realVolume }: ClaimSeen, virtualClass: string): ClaimPlan {
  if (!isOurs(claim, virtualClass)) return NOTHING;
  if (node === undefined) return { do: "reschedule" };
  // The virtual kubelet's: the volume is made at the provider.
  if (isVirtualNode(node)) return NOTHING;
  // In the storage namespace it would name the volume of somebody else. Upstream copies it.
  if (claim.spec?.dataSource !== undefined || claim.spec?.dataSourceRef !== undefined)
    return { do: "refuse", message: `spec.dataSource: volumes of the class ${virtualClass} begin empty, leave it out` };
  if (real === undefined) return { do: "claim" };
  if (real.spec?.storageClassName === virtualClass)
    return {
      do: "refuse",
      message: `its volume would be of the class ${virtualClass} itself: give Liqo a real one (storage.realStorageClassName), or make another class the cluster's default`,
    };
  if (real.status?.phase !== "Bound" || realVolume === undefined) return NOTHING;
  return { do: "provide", realVolume };
}

/** Waits for a volume of the virtual class, on a node that the scheduler has chosen. */
export function isOurs(claim: PersistentVolumeClaim, virtualClass: string): boolean {
  const { metadata, spec } = claim;
  return (
    metadata?.deletionTimestamp === undefined &&
    spec?.storageClassName === virtualClass &&
    (spec.volumeName ?? "") === "" &&
    (metadata?.annotations?.[SELECTED_NODE] ?? "") !== "" &&
    isAskedOf(claim, STORAGE_PROVISIONER)
  );
}

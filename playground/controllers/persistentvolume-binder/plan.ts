/** What a claim needs next. Kubernetes: pkg/controller/volume/persistentvolume/pv_controller.go (syncClaim) */
import type { Node, PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import { matchesNodeSelector } from "#machinery/node-affinity.ts";
import { findVolume, isBoundTo, NO_PROVISIONER, SELECTED_NODE } from "#machinery/volume.ts";
import { LOCAL_PATH } from "../local-path-provisioner/volume.ts";

export type ClaimPlan =
  | { readonly do: "bind"; readonly volume: PersistentVolume }
  | { readonly do: "provision"; readonly nodeName: string }
  | { readonly do: "lose" }
  | { readonly do: "wait"; readonly reason?: string; readonly message?: string; readonly provisioner?: string };

export function planClaim(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
  volumes: readonly PersistentVolume[],
  node?: Node,
): ClaimPlan {
  const name = claim.spec?.volumeName ?? "";
  if (name !== "") {
    const volume = volumes.find(({ metadata }) => metadata?.name === name);
    if (volume !== undefined) {
      const isFree = volume.spec?.claimRef === undefined || isBoundTo(volume, claim);
      if (isFree) return { do: "bind", volume };
      return claim.status?.phase === "Bound" ? { do: "lose" } : { do: "wait" };
    }
    return claim.status?.phase === "Bound" ? { do: "lose" } : { do: "wait" };
  }
  const nodeName = claim.metadata?.annotations?.[SELECTED_NODE];
  const isLate = storageClass?.volumeBindingMode === "WaitForFirstConsumer" && nodeName === undefined;
  const reserved = volumes.find((volume) => isBoundTo(volume, claim));
  const volume = isLate ? reserved : findVolume(volumes, claim, (candidate) => isReachable(candidate, node));
  if (volume !== undefined) return { do: "bind", volume };
  if (isLate) {
    const message = "waiting for first consumer to be created before binding";
    return { do: "wait", reason: "WaitForFirstConsumer", message };
  }
  if (storageClass?.provisioner === LOCAL_PATH && nodeName !== undefined) return { do: "provision", nodeName };
  return { do: "wait", ...whyUnbound(claim, storageClass) };
}

function isReachable({ spec }: PersistentVolume, node: Node | undefined): boolean {
  const required = spec?.nodeAffinity?.required;
  return node === undefined || required === undefined || matchesNodeSelector(required, node);
}

function whyUnbound(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
): { reason: string; message: string; provisioner?: string } {
  const name = claim.spec?.storageClassName ?? "";
  if (name === "") {
    const message = "no persistent volumes available for this claim and no storage class is set";
    return { reason: "FailedBinding", message };
  }
  if (storageClass === undefined)
    return { reason: "ProvisioningFailed", message: `storageclass.storage.k8s.io "${name}" not found` };
  const { provisioner } = storageClass;
  if (provisioner === NO_PROVISIONER)
    return { reason: "FailedBinding", message: "no persistent volumes available for this claim" };
  if (provisioner === LOCAL_PATH) {
    const message = `failed to provision volume with StorageClass "${name}": configuration error, no node was specified`;
    return { reason: "ProvisioningFailed", message };
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  return { reason: "ExternalProvisioning", message, provisioner };
}

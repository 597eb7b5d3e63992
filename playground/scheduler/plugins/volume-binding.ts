/**
 * Where a pod's volumes can be. Claims that wait for their first consumer are decided with the pod: the scheduler names
 * the node on the claim, the binder provides the volume, and the pod is looked at again when it is bound.
 * Kubernetes: pkg/scheduler/framework/plugins/volumebinding
 */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import { matchesNodeSelector } from "#machinery/node-affinity.ts";
import { findVolume, NO_PROVISIONER, SELECTED_NODE } from "#machinery/volume.ts";
import { type Plugin, reject } from "../plugin.ts";
import type { StorageState } from "../storage-state.ts";

export const volumeBinding: Plugin = {
  name: "VolumeBinding",
  preFilter: (pod, { storage }) => {
    for (const name of claimNames(pod)) {
      const claim = storage.findClaim(pod.metadata?.namespace ?? "", name);
      if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
      if (claim.status?.phase === "Lost")
        return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName}"`;
      if (claim.metadata?.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
      if (!isBound(claim) && !isLate(claim, storage)) return "pod has unbound immediate PersistentVolumeClaims";
    }
    return undefined;
  },
  filter: (pod, { node }, { storage }) => {
    for (const claim of claimsOf(pod, storage)) {
      if (isBound(claim)) {
        const volume = storage.findVolume(claim.spec?.volumeName ?? "");
        if (volume === undefined)
          return reject("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)");
        if (!isReachable(volume, node)) return reject("node(s) didn't match PersistentVolume's node affinity");
      } else if (!canBind(claim, node, storage))
        return reject("node(s) didn't find available persistent volumes to bind");
    }
    return undefined;
  },
};

/** Claims that must be told the node before the pod can be bound to it. */
export function undecidedClaims(pod: Pod, storage: StorageState): PersistentVolumeClaim[] {
  return claimsOf(pod, storage).filter((claim) => !isBound(claim));
}

function canBind(claim: PersistentVolumeClaim, node: Node, storage: StorageState): boolean {
  const chosen = claim.metadata?.annotations?.[SELECTED_NODE];
  if (chosen !== undefined) return chosen === node.metadata?.name;
  if (findVolume(storage.volumes(), claim, (volume) => isReachable(volume, node)) !== undefined) return true;
  const { provisioner = NO_PROVISIONER } = storage.findClass(claim.spec?.storageClassName ?? "") ?? {};
  return provisioner !== NO_PROVISIONER;
}

function isReachable(volume: PersistentVolume, node: Node): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

function isBound({ metadata, status }: PersistentVolumeClaim): boolean {
  return status?.phase === "Bound" && metadata?.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined;
}

function isLate({ spec }: PersistentVolumeClaim, storage: StorageState): boolean {
  return storage.findClass(spec?.storageClassName ?? "")?.volumeBindingMode === "WaitForFirstConsumer";
}

function claimsOf(pod: Pod, storage: StorageState): PersistentVolumeClaim[] {
  return claimNames(pod).flatMap((name) => storage.findClaim(pod.metadata?.namespace ?? "", name) ?? []);
}

function claimNames({ spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

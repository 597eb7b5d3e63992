/**
 * The volumes of the class `local-path`: folders of the machine, each on one node.
 * Upstream: github.com/rancher/local-path-provisioner (provisioner.go)
 */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { PROVISIONED_BY } from "#machinery/volume.ts";

export const LOCAL_PATH = "rancher.io/local-path";

export function isLocalPath({ metadata }: PersistentVolume): boolean {
  return metadata?.annotations?.[PROVISIONED_BY] === LOCAL_PATH;
}

/** Removes the folder of a volume, if it is one in `folder`. */
export function removeFolder(volume: PersistentVolume, folder: string): void {
  const path = volume.spec?.hostPath?.path;
  // Whatever else a hand-made volume points at is not ours to remove.
  if (path !== undefined && dirname(path) === folder) rmSync(path, { recursive: true, force: true });
}

/** The kubelet makes the folder when it mounts it. */
export function forgeVolume(claim: PersistentVolumeClaim, nodeName: string, path: string): PersistentVolume {
  const { name = "", namespace = "default", uid = "" } = claim.metadata ?? {};
  const hostname = { key: "kubernetes.io/hostname", operator: "In", values: [nodeName] };
  const storage = claim.spec?.resources?.requests?.["storage"] ?? "0";
  return {
    metadata: {
      name: `pvc-${uid}`,
      annotations: {
        "local.path.provisioner/selected-node": nodeName,
        [PROVISIONED_BY]: LOCAL_PATH,
      },
    },
    spec: {
      accessModes: claim.spec?.accessModes ?? [],
      capacity: { storage },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      hostPath: { path, type: "DirectoryOrCreate" },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
      persistentVolumeReclaimPolicy: "Delete",
      storageClassName: claim.spec?.storageClassName ?? "",
      volumeMode: claim.spec?.volumeMode ?? "Filesystem",
    },
  };
}

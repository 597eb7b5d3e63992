/** The remote copy of a PersistentVolumeClaim and the placeholder volume at home. Upstream: pkg/virtualKubelet/forge (storage), pkg/liqo-controller-manager/offloading/storageprovisioner */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { forgeReflectedMetadata, type ReflectionScope } from "./reflected-metadata.ts";

const REMOTE_STORAGE_CLASS = "liqo.io/remote-storage-class";
const REMOTE_ACCESS_MODES = "liqo.io/remote-access-modes";
export const STORAGE_PROVISIONER = "liqo.io/storage";
export const SELECTED_NODE = "volume.kubernetes.io/selected-node";

const ACCESS_MODES = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];
const CONTROLLER_ANNOTATIONS = /^(pv\.kubernetes\.io|volume(\.beta)?\.kubernetes\.io)\//;

/** Throws a TypeError when an access mode is unknown. */
export function forgeClaim(
  local: PersistentVolumeClaim,
  namespace: string,
  scope: ReflectionScope,
  defaultClass: string | undefined,
): PersistentVolumeClaim {
  const { annotations = {}, ...metadata } = forgeReflectedMetadata(local, namespace, scope);
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !CONTROLLER_ANNOTATIONS.test(key)));
  const storageClassName = local.metadata?.annotations?.[REMOTE_STORAGE_CLASS] ?? defaultClass;
  const { volumeMode, resources } = local.spec ?? {};
  return {
    metadata: { ...metadata, ...(Object.keys(kept).length > 0 && { annotations: kept }) },
    spec: {
      accessModes: accessModes(local),
      ...(volumeMode !== undefined && { volumeMode }),
      ...(resources !== undefined && { resources }),
      ...(storageClassName !== undefined && storageClassName !== "" && { storageClassName }),
    },
  };
}

function accessModes({ metadata, spec }: PersistentVolumeClaim): string[] {
  const wish = metadata?.annotations?.[REMOTE_ACCESS_MODES];
  if (wish === undefined || wish === "") return [...(spec?.accessModes ?? [])];
  const modes = wish.split(",").map((mode) => mode.trim());
  const unknown = modes.find((mode) => !ACCESS_MODES.includes(mode));
  if (unknown !== undefined)
    throw new TypeError(
      `annotation ${REMOTE_ACCESS_MODES}: "${unknown}" is not an access mode, use ${ACCESS_MODES.join(", ")}`,
    );
  return modes;
}

/** Binds the claim at home; nobody mounts it there, since its pods run at the provider. */
export function forgePlaceholderVolume(
  local: PersistentVolumeClaim,
  scope: ReflectionScope,
  reclaimPolicy: string,
): PersistentVolume {
  const { name = "", namespace = "", uid = "" } = local.metadata ?? {};
  const { accessModes: modes, volumeMode, resources, storageClassName } = local.spec ?? {};
  const storage = resources?.requests?.["storage"] ?? "1Gi";
  return {
    metadata: { name: `pvc-${uid}`, annotations: { "pv.kubernetes.io/provisioned-by": STORAGE_PROVISIONER } },
    spec: {
      ...(modes !== undefined && { accessModes: modes }),
      ...(volumeMode !== undefined && { volumeMode }),
      ...(storageClassName !== undefined && { storageClassName }),
      capacity: { storage },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      hostPath: { path: "/tmp/liqo-placeholder" },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [{ key: labels.REMOTE_CLUSTER_ID, operator: "In", values: [scope.destination] }],
            },
          ],
        },
      },
    },
  };
}

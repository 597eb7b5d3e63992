/** The remote copy of a PersistentVolumeClaim and the placeholder volume at home. Upstream: pkg/virtualKubelet/forge (storage), pkg/liqo-controller-manager/offloading/storageprovisioner */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { REMOTE_ACCESS_MODES, REMOTE_STORAGE_CLASS, VIRTUAL_CLAIM_UID } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import { PROVISIONED_BY } from "#machinery/volume.ts";
import { forgeReflectedMetadata, type ReflectionScope } from "../reflected-metadata.ts";
import { volumeNameOf } from "./local.ts";

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
  const uid = local.metadata?.uid;
  return {
    metadata: { ...metadata, annotations: { ...kept, ...(uid !== undefined && { [VIRTUAL_CLAIM_UID]: uid }) } },
    spec: {
      accessModes: accessModes(local),
      ...(volumeMode !== undefined && { volumeMode }),
      ...(resources !== undefined && { resources }),
      ...(storageClassName !== undefined && storageClassName !== "" && { storageClassName }),
    },
  };
}

/** Whether the copy was made for an earlier claim of that name. Upstream's virtual kubelet does not say for which. */
export function isOfAnother(copy: PersistentVolumeClaim, local: PersistentVolumeClaim): boolean {
  const uid = copy.metadata?.annotations?.[VIRTUAL_CLAIM_UID];
  return uid !== undefined && uid !== local.metadata?.uid;
}

function accessModes({ metadata, spec }: PersistentVolumeClaim): string[] {
  const wish = metadata?.annotations?.[REMOTE_ACCESS_MODES];
  if (wish === undefined || wish === "") return [...(spec?.accessModes ?? [])];
  const modes = wish.split(",").flatMap((mode) => (mode.trim() === "" ? [] : [mode.trim()]));
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
  scope: Pick<ReflectionScope, "destination">,
  reclaimPolicy: string,
): PersistentVolume {
  const { name = "", namespace = "", uid = "" } = local.metadata ?? {};
  const { accessModes: modes, volumeMode, resources, storageClassName } = local.spec ?? {};
  const storage = resources?.requests?.["storage"] ?? "1Gi";
  return {
    metadata: { name: volumeNameOf(uid), annotations: { [PROVISIONED_BY]: STORAGE_PROVISIONER } },
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

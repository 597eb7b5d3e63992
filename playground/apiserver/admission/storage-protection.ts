/**
 * Volumes and claims get the finalizers that keep them while they are in use; controllers take them off.
 * Kubernetes: plugin/pkg/admission/storage/storageobjectinuseprotection
 */
import type { AdmissionPlugin } from "../request.ts";

const FINALIZERS: Readonly<Record<string, string>> = {
  persistentvolumes: "kubernetes.io/pv-protection",
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
};

export function storageProtection(): AdmissionPlugin {
  return {
    name: "StorageObjectInUseProtection",
    handles: ({ operation, resource, subresource }) =>
      operation === "CREATE" &&
      subresource === "" &&
      resource.group === "" &&
      FINALIZERS[resource.plural] !== undefined,
    async admit(_ctx, { object, resource }) {
      const finalizer = FINALIZERS[resource.plural];
      if (object === undefined || finalizer === undefined) return;
      const present = object.metadata?.finalizers ?? [];
      if (!present.includes(finalizer)) object.metadata = { ...object.metadata, finalizers: [...present, finalizer] };
    },
  };
}

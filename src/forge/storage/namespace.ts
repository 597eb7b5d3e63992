/** Where the real volumes of this cluster lie. Upstream: pkg/liqo-controller-manager/offloading/storageprovisioner */
import type { Namespace } from "kubernetes-types/core/v1";
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import * as labels from "#api/labels.ts";
import { CONTROLLER_MANAGER, GLOBAL_LABELS } from "../names.ts";

export const STORAGE_ROLE = "liqo-controller-manager-storage";

export function forgeStorageNamespace(name: string): Namespace {
  return { metadata: { name, labels: { [labels.STORAGE_NAMESPACE]: "true" } } };
}

/** Liqo makes and removes claims in this namespace alone; upstream's may do it in all. */
export function forgeStorageBinding(namespace: string, liqoNamespace: string): RoleBinding {
  return {
    metadata: {
      name: STORAGE_ROLE,
      namespace,
      labels: { ...GLOBAL_LABELS, "app.kubernetes.io/managed-by": "liqo" },
    },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: STORAGE_ROLE },
    subjects: [{ kind: "ServiceAccount", name: CONTROLLER_MANAGER, namespace: liqoNamespace }],
  };
}

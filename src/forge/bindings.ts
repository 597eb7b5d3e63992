/** The rights a tenant gets on the provider. Upstream: pkg/liqo-controller-manager/authentication/tenant-controller (rolebindings) */
import type { ClusterRoleBinding, RoleBinding } from "kubernetes-types/rbac/v1";
import type { Tenant } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { controllerReference } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "./names.ts";

const GROUP = "rbac.authorization.k8s.io";

function bindingLabels(consumerId: string): Record<string, string> {
  return { ...GLOBAL_LABELS, "app.kubernetes.io/managed-by": "liqo", [labels.REMOTE_CLUSTER_ID]: consumerId };
}

/** The control-plane identity may replicate its objects in its own tenant namespace. */
export function forgeControlPlaneBinding(tenant: Tenant): RoleBinding {
  const consumerId = tenant.spec?.clusterID ?? "";
  return {
    metadata: {
      name: "liqo-binding-liqo-remote-controlplane",
      namespace: tenant.metadata?.namespace ?? "",
      labels: bindingLabels(consumerId),
      ownerReferences: [controllerReference(tenant)],
    },
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: "liqo-remote-controlplane" },
    subjects: [{ apiGroup: GROUP, kind: "User", name: consumerId }],
  };
}

export function forgeClusterwideBinding(consumerId: string): ClusterRoleBinding {
  return {
    metadata: {
      name: `liqo-binding-liqo-virtual-kubelet-remote-clusterwide-${consumerId}`,
      labels: bindingLabels(consumerId),
    },
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: "liqo-virtual-kubelet-remote-clusterwide" },
    subjects: [{ apiGroup: GROUP, kind: "Group", name: consumerId }],
  };
}

/** The slices' identities may work in one offloaded namespace. */
export function forgeNamespaceBinding(
  namespace: string,
  tenantNamespace: string,
  consumerId: string,
  annotations: Readonly<Record<string, string>>,
): RoleBinding {
  return {
    metadata: { name: tenantNamespace, namespace, labels: bindingLabels(consumerId), annotations: { ...annotations } },
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: "liqo-virtual-kubelet-remote" },
    subjects: [{ apiGroup: GROUP, kind: "Group", name: consumerId }],
  };
}

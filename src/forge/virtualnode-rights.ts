/**
 * What the virtual kubelet of a VirtualNode may do in its own cluster: what it reads of the whole cluster, what is its own
 * in the tenant namespace, the lease of its Node, and reflection in each offloaded namespace. Upstream grants all of it in
 * all namespaces: pkg/vkMachinery/forge
 */
import type { ClusterRoleBinding, RoleBinding } from "kubernetes-types/rbac/v1";
import * as labels from "#api/labels.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { GLOBAL_LABELS } from "./names.ts";

const GROUP = "rbac.authorization.k8s.io";
const CLUSTER_ROLE = "liqo-virtual-kubelet-local";
const TENANT_ROLE = "liqo-virtual-kubelet-local-tenant";
const LEASE_ROLE = "liqo-virtual-kubelet-local-lease";
const NAMESPACE_ROLE = "liqo-virtual-kubelet-local-namespace";

/** Where Kubernetes keeps the heartbeats of nodes. */
const NODE_LEASES = "kube-node-lease";

export function forgeVkClusterBinding(node: VirtualNode): ClusterRoleBinding {
  return {
    metadata: { name: bindingNameOf(node.metadata?.name ?? ""), labels: bindingLabels(node) },
    ...roleGrant(CLUSTER_ROLE, node),
  };
}

/** Those that come and go with the VirtualNode. */
export function forgeVkOwnBindings(node: VirtualNode): RoleBinding[] {
  return [forgeBinding(node, node.metadata?.namespace ?? "", TENANT_ROLE), forgeBinding(node, NODE_LEASES, LEASE_ROLE)];
}

/** The one that comes and goes with the offloading of a namespace. */
export function forgeVkNamespaceBinding(node: VirtualNode, namespace: string): RoleBinding {
  return forgeBinding(node, namespace, NAMESPACE_ROLE);
}

/** The name of all these bindings, wherever they are, by that of the VirtualNode. */
export function bindingNameOf(virtualNode: string): string {
  return `liqo-node-${virtualNode}`;
}

/** Whether `forgeVkNamespaceBinding` made it: the label alone could be anybody's. */
export function isVkNamespaceBinding({ metadata, roleRef }: RoleBinding): boolean {
  const node = metadata?.labels?.[labels.VIRTUAL_NODE];
  return roleRef.name === NAMESPACE_ROLE && node !== undefined && metadata?.name === bindingNameOf(node);
}

function forgeBinding(node: VirtualNode, namespace: string, role: string): RoleBinding {
  const own = { ...bindingLabels(node), [labels.VIRTUAL_NODE]: node.metadata?.name ?? "" };
  return {
    metadata: { name: bindingNameOf(node.metadata?.name ?? ""), namespace, labels: own },
    ...roleGrant(role, node),
  };
}

function bindingLabels(node: VirtualNode): Record<string, string> {
  return {
    ...GLOBAL_LABELS,
    "app.kubernetes.io/managed-by": "liqo",
    [labels.REMOTE_CLUSTER_ID]: node.spec?.clusterID ?? "",
  };
}

function roleGrant(role: string, node: VirtualNode): Pick<RoleBinding, "roleRef" | "subjects"> {
  const { name = "", namespace = "" } = node.metadata ?? {};
  return {
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name, namespace }],
  };
}

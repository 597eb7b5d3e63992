/** Names that both sides of a peering must agree on. Upstream: pkg/tenantNamespace, pkg/liqo-controller-manager/authentication/forge */
import { createHash } from "node:crypto";

const TENANT_NAMESPACE_PREFIX = "liqo-tenant-";

export function tenantNamespaceName(remoteClusterId: string): string {
  return `${TENANT_NAMESPACE_PREFIX}${remoteClusterId}`;
}

export function controlPlaneIdentityName(providerId: string): string {
  return `controlplane-${providerId}`;
}

export function resourceSliceIdentityName(slice: string): string {
  return `resourceslice-${slice}`;
}

export function kubeconfigSecretName(identity: string): string {
  return `kubeconfig-${identity}`;
}

/** The group of consumers' control-plane identities: the O of their certificates. */
export const CONTROL_PLANE_GROUP = "liqo.io";

/** Deployment and ServiceAccount. */
export const CONTROLLER_MANAGER = "liqo-controller-manager";

/** Deployment and Service of the proxy that leads peers to the API server. */
export const API_SERVER_PROXY = "liqo-proxy";

export const NONCE_SECRET = "liqo-nonce";
export const SIGNED_NONCE_SECRET = "liqo-signed-nonce";
export const KEYS_SECRET = "authentication-keys";

/** The Secret in which the provider keeps the certificate it signed for a consumer, or for one of its slices. */
export function certificateSecretName(slice?: string): string {
  return slice === undefined ? "liqo-remote-certificate" : `liqo-remote-certificate-${slice}`;
}

/** The certificate's common name for a slice, and the name of its Quota. */
export function sliceUserName(slice: string, consumerId: string): string {
  return `${slice}-${createHash("sha256").update(consumerId).digest("hex").slice(0, 12)}`;
}

/** The Node that stands for a provider. Upstream names it after the slice alone. */
export function virtualNodeName(slice: string): string {
  return `liqo-${slice}`;
}

export function vkDeploymentName(virtualNode: string): string {
  return `vk-${virtualNode}`;
}

/** The twin's name. Upstream: pkg/liqo-controller-manager/offloading/namespaceoffloading-controller */
export function remoteNamespaceName(
  namespace: string,
  consumerId: string,
  strategy: "EnforceSameName" | "DefaultName" | "SelectedName" | undefined,
  selected: string | undefined,
): string {
  if (strategy === "EnforceSameName") return namespace;
  if (strategy === "SelectedName" && selected !== undefined && selected !== "") return selected;
  return `${namespace}-${consumerId}`;
}

/** Namespaces that must never be offloaded: those of Kubernetes and Liqo, and the default one. */
export function isProtectedNamespace(namespace: string, liqoNamespace: string): boolean {
  return (
    namespace === "default" ||
    namespace === liqoNamespace ||
    namespace.startsWith("kube-") ||
    namespace.startsWith(TENANT_NAMESPACE_PREFIX) ||
    namespace === "liqo" ||
    namespace === "liqo-storage"
  );
}

/** Labels on everything the controllers create. Upstream: --global-labels */
export const GLOBAL_LABELS: Readonly<Record<string, string>> = { "liqo.io/managed": "true" };

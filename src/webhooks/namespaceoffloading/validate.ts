/** Upstream: pkg/webhooks/namespaceoffloading. Protected namespaces are refused here too, not only by liqoctl. */
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import { type AdmissionAnswer, type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";

export const validateNamespaceOffloading: AdmissionHandler = async (_ctx, request) => {
  const next = request.object as NamespaceOffloading | undefined;
  if (next === undefined) return ALLOWED;
  if (request.operation === "CREATE") return checkCreate(next, request.namespace ?? "");
  return checkUpdate(next, request.oldObject as NamespaceOffloading);
};

/** Namespaces that must never be offloaded: those of Kubernetes and Liqo, and the default one. */
export function isProtected(namespace: string): boolean {
  return (
    namespace === "default" ||
    namespace.startsWith("kube-") ||
    namespace === "liqo" ||
    namespace.startsWith("liqo-tenant-") ||
    namespace === "liqo-storage"
  );
}

export function checkCreate(next: NamespaceOffloading, namespace: string): AdmissionAnswer {
  if (next.metadata?.name !== "offloading")
    return denied(`NamespaceOffloading name must match "offloading", found "${next.metadata?.name}"`);
  if (isProtected(namespace)) return denied(`namespace "${namespace}" is protected and cannot be offloaded`);
  if (next.spec?.namespaceMappingStrategy === "SelectedName" && (next.spec.remoteNamespaceName ?? "") === "") {
    return denied("spec.remoteNamespaceName must be set when spec.namespaceMappingStrategy is SelectedName");
  }
  return ALLOWED;
}

export function checkUpdate(next: NamespaceOffloading, previous: NamespaceOffloading): AdmissionAnswer {
  if (next.spec?.namespaceMappingStrategy !== previous.spec?.namespaceMappingStrategy) {
    return denied("the NamespaceMappingStrategy value cannot be modified after creation");
  }
  if ((next.spec?.remoteNamespaceName ?? "") !== (previous.spec?.remoteNamespaceName ?? "")) {
    return denied("the RemoteNamespaceName value cannot be modified after creation");
  }
  const strategy = next.spec?.podOffloadingStrategy;
  if (strategy === previous.spec?.podOffloadingStrategy || strategy === "LocalAndRemote") return ALLOWED;
  return { allowed: true, warnings: ["The PodOffloadingStrategy was changed: pods already running are not moved"] };
}

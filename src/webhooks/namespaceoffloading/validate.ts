/** Upstream: pkg/webhooks/namespaceoffloading. Protected namespaces are refused here too, not only by liqoctl. */
import { type NamespaceOffloading, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { offloadingChangeProblem } from "#forge/offloading-change.ts";
import { type AdmissionAnswer, type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../deps.ts";

export function validateNamespaceOffloading(deps: Pick<Deps, "informers" | "liqoNamespace">): AdmissionHandler {
  const tenants = new TenantNamespaces(deps.informers);
  return async (_ctx, request) => {
    const next = request.object as NamespaceOffloading | undefined;
    if (next === undefined) return ALLOWED;
    const { namespace = "" } = request;
    const isProtected = isProtectedNamespace(namespace, deps.liqoNamespace) || tenants.peerOf(namespace) !== undefined;
    if (request.operation === "CREATE") return checkCreate(next, namespace, isProtected);
    return checkUpdate(next, request.oldObject as NamespaceOffloading);
  };
}

export function checkCreate(next: NamespaceOffloading, namespace: string, isProtected: boolean): AdmissionAnswer {
  if (next.metadata?.name !== OFFLOADING_NAME)
    return denied(`NamespaceOffloading name must match "${OFFLOADING_NAME}", found "${next.metadata?.name}"`);
  if (isProtected) return denied(`namespace "${namespace}" is protected and cannot be offloaded`);
  if (next.spec?.namespaceMappingStrategy === "SelectedName" && (next.spec.remoteNamespaceName ?? "") === "") {
    return denied("spec.remoteNamespaceName must be set when spec.namespaceMappingStrategy is SelectedName");
  }
  return ALLOWED;
}

export function checkUpdate(next: NamespaceOffloading, previous: NamespaceOffloading): AdmissionAnswer {
  const problem = offloadingChangeProblem(next, previous);
  if (problem !== undefined) return denied(problem);
  const strategy = next.spec?.podOffloadingStrategy;
  if (strategy === previous.spec?.podOffloadingStrategy || strategy === "LocalAndRemote") return ALLOWED;
  return { allowed: true, warnings: ["The PodOffloadingStrategy was changed: pods already running are not moved"] };
}

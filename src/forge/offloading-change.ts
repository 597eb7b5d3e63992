/** What of a NamespaceOffloading stays as it was made. Upstream: pkg/webhooks/namespaceoffloading */
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";

/** Why `next` is refused in place of `previous`; undefined: it is not. */
export function offloadingChangeProblem(next: NamespaceOffloading, previous: NamespaceOffloading): string | undefined {
  if (next.spec?.namespaceMappingStrategy !== previous.spec?.namespaceMappingStrategy)
    return "the NamespaceMappingStrategy value cannot be modified after creation";
  if ((next.spec?.remoteNamespaceName ?? "") !== (previous.spec?.remoteNamespaceName ?? ""))
    return "the RemoteNamespaceName value cannot be modified after creation";
  return undefined;
}

/** Namespaces: whether they are offloaded, and whose twin they are. */
import type { Namespace } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import { itemKey, type NamespaceItem } from "../../model/items.ts";
import { trimMetadata } from "./writer.ts";

const KEPT = [labels.REMOTE_CLUSTER_ID, annotations.ORIGINAL_NAME, annotations.MANAGED_BY_NAMESPACE_MAP];

export function trimNamespace(namespace: Namespace): Namespace {
  const { phase } = namespace.status ?? {};
  return { metadata: trimMetadata(namespace, KEPT), ...(phase !== undefined && { status: { phase } }) };
}

/** The consumer's namespace that this one is the twin of: a NamespaceMap has made it. */
export function originOf(namespace: Namespace | undefined): NamespaceItem["origin"] {
  const { labels: own, annotations: told } = namespace?.metadata ?? {};
  const clusterID = own?.[labels.REMOTE_CLUSTER_ID];
  const original = told?.[annotations.ORIGINAL_NAME];
  if (told?.[annotations.MANAGED_BY_NAMESPACE_MAP] === undefined) return undefined;
  return clusterID === undefined || original === undefined ? undefined : { clusterID, namespace: original };
}

export function namespaceItem(
  namespace: Namespace,
  cluster: string,
  offloading: NamespaceOffloading | undefined,
): NamespaceItem {
  const name = namespace.metadata?.name ?? "";
  const origin = originOf(namespace);
  const remoteName = offloading?.status?.remoteNamespaceName;
  return {
    ...{ key: itemKey("namespace", cluster, "", name), cluster, kind: "namespace", name },
    phase: namespace.metadata?.deletionTimestamp === undefined ? (namespace.status?.phase ?? "Active") : "Terminating",
    ...(offloading !== undefined && {
      offloading: {
        strategy: offloading.spec?.podOffloadingStrategy ?? "LocalAndRemote",
        phase: offloading.status?.offloadingPhase ?? "",
        ...(remoteName !== undefined && remoteName !== "" && { remoteName }),
      },
    }),
    ...(origin !== undefined && { origin }),
  };
}

/** The namespace at the provider that a consumer's namespace is extended by. Upstream: namespacemap-controller/enforcement.go */
import type { Namespace } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";

/** Kubernetes: what the pods of a namespace may ask of its nodes. */
export const POD_SECURITY_ENFORCE = "pod-security.kubernetes.io/enforce";

export interface TwinParts {
  readonly map: NamespaceMap;
  readonly consumerId: string;
  /** The consumer's namespace. */
  readonly origin: string;
  readonly remote: string;
}

export function forgeTwin({ map, consumerId, origin, remote }: TwinParts): Namespace {
  return {
    metadata: {
      name: remote,
      labels: { [labels.REMOTE_CLUSTER_ID]: consumerId },
      annotations: { ...managedBy(map), [annotations.ORIGINAL_NAME]: origin },
    },
  };
}

/** By which a map knows what it has made. */
export function managedBy(map: NamespaceMap): Record<string, string> {
  return { [annotations.MANAGED_BY_NAMESPACE_MAP]: formatKey(keyOf(map)) };
}

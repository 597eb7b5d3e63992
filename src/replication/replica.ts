/** What a replica looks like, as pure functions. Upstream: internal/crdReplicator/reflection/reconciler.go */
import * as labels from "#api/labels.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";

/** The copy of `object` in the other cluster's tenant namespace. */
export function replicaOf(object: UnstructuredObject, remoteNamespace: string, clusterId: string): UnstructuredObject {
  const { name = "", labels: own = {}, annotations } = object.metadata ?? {};
  const { [labels.OWNERSHIP]: _ownership, ...kept } = own;
  return {
    ...(object.apiVersion !== undefined && { apiVersion: object.apiVersion }),
    ...(object.kind !== undefined && { kind: object.kind }),
    metadata: {
      name,
      namespace: remoteNamespace,
      labels: {
        ...kept,
        [labels.REPLICATION]: "false",
        [labels.REPLICATED]: "true",
        [labels.ORIGIN_ID]: clusterId,
        [labels.REMOTE_CLUSTER_ID]: clusterId,
      },
      ...(annotations !== undefined && { annotations }),
    },
    ...(object["spec"] !== undefined && { spec: object["spec"] }),
  };
}

/** Labels and annotations are copied only at creation: afterwards each side has its own. */
export function isOutdated(copy: UnstructuredObject, wanted: UnstructuredObject): boolean {
  return JSON.stringify(sorted(copy["spec"])) !== JSON.stringify(sorted(wanted["spec"]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

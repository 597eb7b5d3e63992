/**
 * What a NamespaceMap is believed of. Its spec is this cluster's, its status the provider's, and in the same namespace the
 * peer replicates maps of its own, under names of its choice.
 */
import * as labels from "#api/labels.ts";
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import { isReplica } from "#api/predicates.ts";

/** Whether it is this cluster's map for the provider `peer`, whose tenant namespace it lies in. */
export function isOwnNamespaceMap(map: NamespaceMap, peer: string | undefined): boolean {
  const { name, labels: own } = map.metadata ?? {};
  return name === peer && !isReplica(map) && own?.[labels.ORIGIN_ID] === undefined;
}

/**
 * Local namespace → its twin, for those that this cluster asked for and the provider has made. What the provider adds is
 * left out: else it could have any namespace reflected to itself, with all its Secrets.
 */
export function acceptedMappings({ metadata, spec, status }: NamespaceMap): Map<string, string> {
  if (metadata?.deletionTimestamp !== undefined) return new Map();
  return new Map(
    Object.entries(status?.currentMapping ?? {}).flatMap(([local, { phase, remoteNamespace }]) => {
      const isAsked = remoteNamespace !== undefined && spec?.desiredMapping?.[local] === remoteNamespace;
      return phase === "Accepted" && isAsked ? [[local, remoteNamespace] as const] : [];
    }),
  );
}

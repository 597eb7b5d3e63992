/** What a NamespaceOffloading asks for now. Upstream: pkg/liqo-controller-manager/offloading/namespaceoffloading-controller */
import type { NamespaceMap, NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { remoteNamespaceName } from "#forge/names.ts";
import { selectPeers } from "#forge/selected-peers.ts";
import { stillRequired } from "./leave.ts";

export interface Observed {
  readonly offloading: NamespaceOffloading;
  readonly nodes: readonly VirtualNode[];
  /** This cluster's own maps, each named after its provider. */
  readonly maps: readonly NamespaceMap[];
  readonly isNamespaceGoing: boolean;
  readonly isSilent: (provider: string) => boolean;
  readonly clusterId: string;
}

export interface Plan {
  readonly isGoing: boolean;
  /** Whether pods may be scheduled on virtual nodes. */
  readonly isRemote: boolean;
  /** Ids of the providers that are to have the twin. */
  readonly required: ReadonlySet<string>;
  readonly remoteName: string;
  /** The maps that say something else, and what they are to say. */
  readonly mappings: readonly Mapping[];
}

export interface Mapping {
  readonly map: NamespaceMap;
  /** Undefined: the namespace is not to be there. */
  readonly remote: string | undefined;
}

export function planOffloading(seen: Observed): Plan {
  const { metadata, spec } = seen.offloading;
  const namespace = metadata?.namespace ?? "";
  const isGoing = metadata?.deletionTimestamp !== undefined;
  const selected = isGoing ? new Set<string>() : selectPeers(seen.offloading, seen.nodes);
  const required = stillRequired(selected, seen.isNamespaceGoing, seen.isSilent);
  const { namespaceMappingStrategy: strategy, remoteNamespaceName: name } = spec ?? {};
  const remoteName = remoteNamespaceName(namespace, seen.clusterId, strategy, name);
  const mappings = seen.maps.flatMap((map): Mapping[] => {
    const remote = required.has(map.metadata?.name ?? "") ? remoteName : undefined;
    const isRight = map.spec?.desiredMapping?.[namespace] === remote;
    return isRight || map.metadata?.deletionTimestamp !== undefined ? [] : [{ map, remote }];
  });
  const isRemote = !isGoing && (spec?.podOffloadingStrategy ?? "LocalAndRemote") !== "Local";
  return { isGoing, isRemote, required, remoteName, mappings };
}

/**
 * Whether a NamespaceOffloading that is deleted may go. It waits for its twins at providers that answer. One that does not
 * is owed the removal: the NamespaceMap, which asks for the twin no more and still tells of it, says so until it is done.
 */
import type { NamespaceMap } from "#api/offloading/namespace.ts";

export interface OwedRemoval {
  readonly map: NamespaceMap;
  readonly remote: string;
}

export type LeavePlan =
  | { readonly do: "wait" }
  /** `owed`: the twins that are left at providers that do not answer. */
  | { readonly do: "go"; readonly owed: readonly OwedRemoval[] };

/** `maps`: this cluster's own, each named after its provider. */
export function planLeave(
  namespace: string,
  maps: readonly NamespaceMap[],
  isSilent: (provider: string) => boolean,
): LeavePlan {
  const owed: OwedRemoval[] = [];
  for (const map of maps) {
    const twin = map.status?.currentMapping?.[namespace];
    if (twin === undefined) continue;
    if (!isSilent(map.metadata?.name ?? "")) return { do: "wait" };
    owed.push({ map, remote: twin.remoteNamespace ?? "" });
  }
  return { do: "go", owed };
}

/**
 * Kubernetes ends the pods of a namespace that is deleted before it deletes anything else in it (OrderedNamespaceDeletion):
 * pods at a silent provider would hold the rest back for ever, so it is not asked for its twin from then on.
 */
export function stillRequired(
  required: ReadonlySet<string>,
  isNamespaceGoing: boolean,
  isSilent: (provider: string) => boolean,
): ReadonlySet<string> {
  return isNamespaceGoing ? new Set([...required].filter((provider) => !isSilent(provider))) : required;
}

export function twinLeft({ metadata }: NamespaceMap, namespace: string, remote: string): string {
  return `cluster ${metadata?.name} does not answer: its namespace "${remote}", the twin of "${namespace}", goes when it is back`;
}

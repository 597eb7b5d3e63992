/** What a user is told in events beyond the status, whose texts are upstream's and say no cause. */
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import { twinRefused } from "#forge/sentences.ts";
import { dns1123Label } from "#machinery/names.ts";

type Status = NonNullable<NamespaceOffloading["status"]>;

export interface Hint {
  readonly reason: "InvalidRemoteNamespaceName" | "CreationLoopBackOff";
  readonly message: string;
}

/** What has become worth telling by the step from one status to the next. */
export function offloadingHints(before: Status | undefined, after: Status): readonly Hint[] {
  const name = after.remoteNamespaceName ?? "";
  const problems = dns1123Label(name);
  const isSelected = Object.values(after.remoteNamespacesConditions ?? {}).some((all) =>
    all.some(({ type, status }) => type === "OffloadingRequired" && status === "True"),
  );
  // No provider can have it, so that what they say adds nothing.
  if (isSelected && problems.length > 0) {
    const message = `no cluster can have a namespace "${name}": ${problems.join("; ")}; offload again with namespaceMappingStrategy SelectedName and a remoteNamespaceName`;
    const isTold = before?.remoteNamespaceName === name && before.remoteNamespacesConditions !== undefined;
    return isTold ? [] : [{ reason: "InvalidRemoteNamespaceName", message }];
  }
  return Object.keys(after.remoteNamespacesConditions ?? {})
    .filter((peer) => isStuck(after, peer) && !isStuck(before, peer))
    .map((peer) => ({
      reason: "CreationLoopBackOff",
      message: `${twinRefused(peer, name)}: it exists there already, is reserved or is refused by a policy; its administrator finds the reason in the events of the NamespaceMap there`,
    }));
}

function isStuck(status: Status | undefined, peer: string): boolean {
  return (status?.remoteNamespacesConditions?.[peer] ?? []).some(
    ({ type, reason }) => type === "Ready" && reason === "CreationLoopBackOff",
  );
}

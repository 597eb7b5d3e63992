/** Status of a NamespaceOffloading, from the peers' NamespaceMaps. Upstream: namespaceoffloading-controller/status.go */
import type { NamespaceMap, NamespaceOffloading } from "#api/offloading/namespace.ts";
import { timestamp } from "#machinery/conditions.ts";

type Status = NonNullable<NamespaceOffloading["status"]>;
type Conditions = NonNullable<Status["remoteNamespacesConditions"]>[string];
type Condition = Conditions[number];

export type OffloadingPhase = "Ready" | "NoClusterSelected" | "InProgress" | "SomeFailed" | "AllFailed" | "Terminating";

export function offloadingStatus(
  offloading: NamespaceOffloading,
  maps: readonly NamespaceMap[],
  { required, remoteName }: { readonly required: ReadonlySet<string>; readonly remoteName: string },
  nowMs: number,
): Status {
  const namespace = offloading.metadata?.namespace ?? "";
  const before = offloading.status?.remoteNamespacesConditions ?? {};
  const entries = maps.map((map): [string, Conditions] => {
    const peer = map.metadata?.name ?? "";
    const phase = map.status?.currentMapping?.[namespace]?.phase;
    return [peer, conditionsOf(before[peer] ?? [], required.has(peer), phase, nowMs)];
  });
  const isGoing = offloading.metadata?.deletionTimestamp !== undefined;
  return {
    observedGeneration: offloading.metadata?.generation ?? 0,
    offloadingPhase: isGoing ? "Terminating" : phaseOf(required, new Map(entries)),
    remoteNamespaceName: remoteName,
    ...(entries.length > 0 && { remoteNamespacesConditions: Object.fromEntries(entries) }),
  };
}

function phaseOf(required: ReadonlySet<string>, conditions: ReadonlyMap<string, Conditions>): OffloadingPhase {
  if (required.size === 0) return "NoClusterSelected";
  const ready = (peer: string): Condition | undefined => conditions.get(peer)?.find(({ type }) => type === "Ready");
  const peers = [...required];
  if (peers.every((peer) => ready(peer)?.status === "True")) return "Ready";
  const failed = peers.filter((peer) => ready(peer)?.reason === "CreationLoopBackOff").length;
  if (failed === peers.length) return "AllFailed";
  return failed > 0 ? "SomeFailed" : "InProgress";
}

function conditionsOf(before: Conditions, isRequired: boolean, phase: string | undefined, nowMs: number): Conditions {
  const offloadingRequired: Condition = isRequired
    ? {
        type: "OffloadingRequired",
        status: "True",
        reason: "ClusterSelected",
        message: "The remote cluster has been selected through the ClusterSelector field",
      }
    : {
        type: "OffloadingRequired",
        status: "False",
        reason: "ClusterNotSelected",
        message: "The remote cluster has not been selected through the ClusterSelector field",
      };
  const all = isRequired || phase !== undefined ? [offloadingRequired, readyCondition(phase)] : [offloadingRequired];
  return all.map((condition) => {
    const previous = before.find(({ type }) => type === condition.type);
    const isSame = previous?.status === condition.status && previous.reason === condition.reason;
    const lastTransitionTime =
      isSame && previous.lastTransitionTime !== undefined ? previous.lastTransitionTime : timestamp(nowMs);
    return { ...condition, lastTransitionTime };
  });
}

function readyCondition(phase: string | undefined): Condition {
  switch (phase) {
    case "Accepted":
      return {
        type: "Ready",
        status: "True",
        reason: "NamespaceCreated",
        message: "Namespace correctly offloaded to the remote cluster",
      };
    case "CreationLoopBackOff":
      return {
        type: "Ready",
        status: "False",
        reason: "CreationLoopBackOff",
        message: "Some problems occurred during remote namespace creation",
      };
    case "Terminating":
      return {
        type: "Ready",
        status: "False",
        reason: "Terminating",
        message: "The remote namespace is being terminated",
      };
    default:
      return { type: "Ready", status: "False", reason: "Creating", message: "The remote namespace is being created" };
  }
}

/** What becomes of an object for the sake of its owners or dependents. Kubernetes: pkg/controller/garbagecollector/garbagecollector.go (attemptToDeleteItem) */
import type { OwnerReference } from "#machinery/meta.ts";
import type { GraphNode } from "./graph.ts";

export const FOREGROUND = "foregroundDeletion";
export const ORPHAN = "orphan";

/**
 * `deleting`: the owner is in a foreground deletion, which waits for its dependents. `unknown`: its kind is not served, or
 * not discovered yet.
 */
export type OwnerState = "present" | "absent" | "deleting" | "unknown";

export type NodePlan =
  | { readonly do: "nothing" }
  | { readonly do: "wait" }
  | { readonly do: "disown"; readonly kept: readonly OwnerReference[] }
  | { readonly do: "delete"; readonly propagationPolicy: "Foreground" | "Background" };

/** Of an object that is not being deleted; `states` are those of its owners, in their order. */
export function planOwned(
  { metadata }: GraphNode,
  states: readonly OwnerState[],
  dependents: readonly GraphNode[],
): NodePlan {
  const owners = metadata.ownerReferences ?? [];
  if (owners.length === 0) return { do: "nothing" };
  if (states.includes("unknown")) return { do: "wait" };
  if (states.includes("present")) {
    const kept = owners.filter((_, i) => states[i] !== "absent");
    return kept.length === owners.length ? { do: "nothing" } : { do: "disown", kept };
  }
  const isWaitedFor = states.includes("deleting") && dependents.length > 0;
  return { do: "delete", propagationPolicy: isWaitedFor ? "Foreground" : "Background" };
}

export type EndingPlan =
  | { readonly do: "nothing" }
  /** The dependents lose this owner, then the object goes. */
  | { readonly do: "orphan"; readonly dependents: readonly GraphNode[] }
  /** The dependents are deleted, and the object stays until those that block it are gone. */
  | { readonly do: "delete"; readonly dependents: readonly GraphNode[] }
  | { readonly do: "release" };

/** Of an object that is being deleted. */
export function planEnding({ uid, metadata }: GraphNode, dependents: readonly GraphNode[]): EndingPlan {
  if (metadata.finalizers?.includes(ORPHAN) === true) return { do: "orphan", dependents };
  if (metadata.finalizers?.includes(FOREGROUND) !== true) return { do: "nothing" };
  const isBlocking = (dependent: GraphNode): boolean =>
    (dependent.metadata.ownerReferences ?? []).some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true);
  if (!dependents.some(isBlocking)) return { do: "release" };
  const live = dependents.filter((dependent) => dependent.metadata.deletionTimestamp === undefined);
  return { do: "delete", dependents: live };
}

/** The state of an owner that the graph knows. */
export function stateOfKnown({ metadata }: GraphNode): OwnerState {
  const isForeground = metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FOREGROUND) === true;
  return isForeground ? "deleting" : "present";
}

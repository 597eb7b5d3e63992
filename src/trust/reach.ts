/**
 * Whether a peer can be told that something goes, as its ForeignCluster says: the API server is asked every few seconds, and
 * an administrator may have declared it gone for good. Upstream: pkg/utils/foreigncluster/conditions.go (IsDead)
 */
import { PERMANENTLY_UNREACHABLE } from "#api/annotations.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import { findCondition } from "#machinery/conditions.ts";

// The usual way is tried first, unless the peer is known to be silent.
const USUAL_WAY_MS = 10_000;

/** Reason of the condition of an identity that the peer answers, and refuses. Not upstream's. */
export const IDENTITY_REFUSED = "IdentityRefused";

/** Its API server was asked and did not answer, or as somebody else, or as to a stranger. */
export function isSilent(peer: ForeignCluster | undefined): boolean {
  const identity = peer?.status?.modules?.authentication.conditions;
  return apiServerStatus(peer) === "Error" || identity?.some(({ reason }) => reason === IDENTITY_REFUSED) === true;
}

/** Declared gone for good by an administrator, or by `liqoctl unpeer` for him, and it does not answer. */
export function isGivenUp(peer: ForeignCluster | undefined): boolean {
  return isDeclaredGone(peer) && (isSilent(peer) || apiServerStatus(peer) !== "Established");
}

export function isDeclaredGone(peer: ForeignCluster | undefined): boolean {
  return peer?.metadata?.annotations?.[PERMANENTLY_UNREACHABLE] === "true";
}

/** undefined: nobody asks it, or there was no answer yet. */
export function apiServerStatus(peer: ForeignCluster | undefined): string | undefined {
  return findCondition(peer?.status?.conditions, "APIServerStatus")?.status;
}

/** Endpoints of a peer are usable only while tunnel and API server are. */
export function hasUsableEndpoints(peer: ForeignCluster | undefined): boolean {
  return isConnected(peer) && isFresh(peer);
}

/** Whether there is a way to its pods, or never was to be one of ours. */
export function isConnected(peer: ForeignCluster | undefined): boolean {
  const networking = peer?.status?.modules?.networking;
  return networking?.enabled !== true || hasConnection(networking);
}

/**
 * Whether the tunnel carried packets when it was last told of. Of what is known beside that nothing follows for pods: a
 * gateway that is cut off from its API server still carries theirs, and one node's fault is not that of all.
 */
export function hasConnection(networking: { readonly conditions?: Conditions } | undefined): boolean {
  const { status = "" } = findCondition(networking?.conditions, "NetworkConnectionStatus") ?? {};
  return ["Established", "SomeNotReady", "Unknown"].includes(status);
}

type Conditions = NonNullable<NonNullable<ForeignCluster["status"]>["conditions"]>;

/** Whether what it last told still holds, as far as anybody knows. */
export function isFresh(peer: ForeignCluster | undefined): boolean {
  return [undefined, "Established"].includes(apiServerStatus(peer));
}

/** What to do with a finalizer that stands for an object at the peer. */
export type FarewellPlan =
  | { readonly do: "keep" }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "release" };

export interface FarewellSeen {
  readonly peer: ForeignCluster | undefined;
  /** Whether an identity is there, or on its way, to tell the peer with. */
  readonly canBeTold: boolean;
  /** When the object here was deleted. */
  readonly deletedMs: number;
}

export function planFarewell({ peer, canBeTold, deletedMs }: FarewellSeen, nowMs: number): FarewellPlan {
  const isDeclared = isDeclaredGone(peer);
  if (!isDeclared && canBeTold) return { do: "keep" };
  if (isDeclared && isSilent(peer)) return { do: "release" };
  // It answers, or nobody asks it any more; or whoever told it has just ended.
  const leftMs = deletedMs + USUAL_WAY_MS - nowMs;
  return leftMs > 0 ? { do: "wait", ms: leftMs } : { do: "release" };
}

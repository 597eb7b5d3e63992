/**
 * How long a pod may take to end, as its deletion says (`kubectl delete --grace-period`). A custom resource is deleted at
 * once and keeps no such wish, so its annotation carries it, and the provider ends the pod by it before the ShadowPod goes:
 * a kubelet does not hurry a pod that the garbage collector has begun to end as its spec says. An upstream peer neither
 * writes nor reads that.
 */
import type { Pod } from "kubernetes-types/core/v1";
import { DELETION_GRACE } from "#api/annotations.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";

/** What tells the provider, before the ShadowPod is deleted; undefined when it knows already, or by the pod's spec. */
export function graceAnnotation(local: Pod, shadow: ShadowPod): Record<string, string> | undefined {
  const seconds = local.metadata?.deletionGracePeriodSeconds;
  if (seconds === undefined || seconds === local.spec?.terminationGracePeriodSeconds) return undefined;
  const value = String(seconds);
  return shadow.metadata?.annotations?.[DELETION_GRACE] === value ? undefined : { [DELETION_GRACE]: value };
}

/** For an upstream provider, and for one whose controller is down. */
const MOST_AWAITED_MS = 5_000;

/**
 * Whether the provider is about to end the pod in the time that it was told. By the first request's time, which is the
 * API server's: clocks that are further apart wait for nothing.
 */
export function isGraceAwaited(local: Pod, shadow: ShadowPod, remote: Pod | undefined, nowMs: number): boolean {
  if (remote === undefined || remote.metadata?.deletionTimestamp !== undefined) return false;
  if (shadow.metadata?.annotations?.[DELETION_GRACE] === undefined) return false;
  const { deletionTimestamp = "", deletionGracePeriodSeconds = 0 } = local.metadata ?? {};
  const requestedMs = Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1_000;
  return Math.abs(nowMs - requestedMs) < MOST_AWAITED_MS;
}

/** In seconds, what the consumer wishes; never zero, by which a pod would be gone before its containers are. */
export function graceOf(shadow: ShadowPod): number | undefined {
  const text = shadow.metadata?.annotations?.[DELETION_GRACE] ?? "";
  return /^\d{1,9}$/.test(text) ? Math.max(1, Number(text)) : undefined;
}

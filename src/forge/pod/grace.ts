/**
 * How long a pod may take to end, as its deletion says (`kubectl delete --grace-period`). A custom resource is deleted at
 * once and keeps no such wish, so its annotation carries it. An upstream peer neither writes nor reads that.
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

/** In seconds, what the consumer wishes; never zero, by which a pod would be gone before its containers are. */
export function graceOf(shadow: ShadowPod): number | undefined {
  const text = shadow.metadata?.annotations?.[DELETION_GRACE] ?? "";
  return /^\d{1,9}$/.test(text) ? Math.max(1, Number(text)) : undefined;
}

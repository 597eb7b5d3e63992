/** What to do about one offloaded pod, as pure decisions. Upstream: pkg/virtualKubelet/reflection/workload/podns.go (Handle) */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { graceAnnotation, graceOf, isGraceAwaited } from "#forge/pod/grace.ts";
import { OFFLOADING_ABORTED } from "#forge/pod/status.ts";
import { isReflected, type ReflectionScope } from "#forge/reflected-metadata.ts";
import { isTerminal, isTerminating } from "#machinery/pod.ts";

export interface PodSeen {
  readonly local: Pod | undefined;
  readonly shadow: ShadowPod | undefined;
  /** The pod that the provider runs for the ShadowPod. */
  readonly remote: Pod | undefined;
}

export type PodPlan =
  | { readonly do: "nothing" }
  /** The name is taken at the provider by something that is not ours. */
  | { readonly do: "foreign"; readonly local: Pod }
  | { readonly do: "delete-shadow"; readonly shadow: ShadowPod; readonly local: Pod | undefined }
  | { readonly do: "tell-grace"; readonly shadow: ShadowPod; readonly annotations: Readonly<Record<string, string>> }
  | { readonly do: "await-grace"; readonly local: Pod }
  | { readonly do: "delete-local"; readonly local: Pod }
  | { readonly do: "offload"; readonly local: Pod }
  | { readonly do: "keep"; readonly local: Pod; readonly shadow: ShadowPod }
  | { readonly do: "report"; readonly local: Pod };

/** @param nowMs Since 1970. */
export function planPod({ local, shadow, remote }: PodSeen, scope: ReflectionScope, nowMs: number): PodPlan {
  const isForeign =
    (shadow !== undefined && !isOurs(shadow, scope)) || (remote !== undefined && !isOurs(remote, scope));
  if (isForeign) {
    if (local === undefined) return { do: "nothing" };
    return isTerminating(local) ? { do: "delete-local", local } : { do: "foreign", local };
  }
  const isAlive = shadow !== undefined && shadow.metadata?.deletionTimestamp === undefined;
  if (local === undefined) return isAlive ? { do: "delete-shadow", shadow, local } : { do: "nothing" };
  if (isTerminating(local)) {
    if (isAlive) return planDeletion(local, shadow, remote, nowMs);
    return shadow === undefined && remote === undefined ? { do: "delete-local", local } : { do: "report", local };
  }
  if (local.status?.reason === OFFLOADING_ABORTED && local.status.phase === "Failed")
    return isAlive ? { do: "delete-shadow", shadow, local: undefined } : { do: "nothing" };
  if (isTerminal(local)) return { do: "nothing" };
  if (shadow === undefined) return remote === undefined ? { do: "offload", local } : { do: "report", local };
  if (!isAlive) return { do: "report", local };
  // The pod that it was made for went by force while it was about to end; this one has its name.
  if (graceOf(shadow) !== undefined) return { do: "delete-shadow", shadow, local };
  return { do: "keep", local, shadow };
}

function planDeletion(local: Pod, shadow: ShadowPod, remote: Pod | undefined, nowMs: number): PodPlan {
  const annotations = graceAnnotation(local, shadow);
  if (annotations !== undefined) return { do: "tell-grace", shadow, annotations };
  if (isGraceAwaited(local, shadow, remote, nowMs)) return { do: "await-grace", local };
  return { do: "delete-shadow", shadow, local };
}

/** Of two virtual nodes for one provider each looks after its own pods only. */
export function isOurs(object: Pod | ShadowPod, scope: ReflectionScope): boolean {
  return isReflected(object, scope) && object.metadata?.labels?.[labels.NODE_NAME] === scope.nodeName;
}

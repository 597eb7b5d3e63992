/** What the pod of a ShadowPod needs. Upstream: pkg/liqo-controller-manager/offloading/shadowpod-controller */
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { remapAddress } from "#forge/networking/remap.ts";
import { graceOf } from "#forge/pod/grace.ts";
import { isBehind } from "#forge/pod/pod-changes.ts";
import { forgeRemotePod } from "#forge/pod/remote-pod.ts";
import { controllerOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";

export type ShadowPlan =
  | { readonly do: "create"; readonly pod: Pod }
  | { readonly do: "relabel"; readonly pod: Pod }
  /** The ShadowPod's spec has changed. */
  | { readonly do: "follow" }
  | { readonly do: "foreign" }
  /** The consumer is about to delete the ShadowPod, and says how long its pod may take. */
  | { readonly do: "end"; readonly pod: Pod; readonly gracePeriodSeconds: number }
  /** For the network with the consumer, by whose addresses the pod knows its home. */
  | { readonly do: "wait" }
  | { readonly do: "nothing" };

/** A ShadowPod that is finished, or about to be deleted, is final: its pod is never made again. */
export function planShadowPod(shadow: ShadowPod, pod: Pod | undefined, network?: Configuration): ShadowPlan {
  const wanted = forgeRemotePod(shadow, (address) => remapAddress(address, network));
  const gracePeriodSeconds = graceOf(shadow);
  if (pod === undefined) {
    if (isTerminal(shadow) || gracePeriodSeconds !== undefined) return { do: "nothing" };
    const isUnmapped = network !== undefined && network.status?.remote === undefined;
    return isUnmapped && wanted.spec?.hostAliases !== undefined ? { do: "wait" } : { do: "create", pod: wanted };
  }
  if (controllerOf(pod)?.uid !== shadow.metadata?.uid)
    return pod.metadata?.deletionTimestamp === undefined ? { do: "foreign" } : { do: "nothing" };
  const { deletionGracePeriodSeconds: left = Number.POSITIVE_INFINITY } = pod.metadata ?? {};
  if (gracePeriodSeconds !== undefined && left > gracePeriodSeconds) return { do: "end", pod, gracePeriodSeconds };
  const differs = (a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean =>
    Object.entries(a).some(([key, value]) => b[key] !== value);
  const isStale =
    differs(wanted.metadata?.labels, pod.metadata?.labels) ||
    differs(wanted.metadata?.annotations, pod.metadata?.annotations);
  if (isStale) return { do: "relabel", pod: wanted };
  return isBehind(shadow, pod) && pod.metadata?.deletionTimestamp === undefined ? { do: "follow" } : { do: "nothing" };
}

/**
 * Whether the pod outlived its ShadowPod, as a consumer can wish when it deletes that (propagation policy Orphan): it
 * would run on, and no Quota would count it.
 */
export function isLeftBehind(pod: Pod | undefined, namespace: Namespace | undefined): pod is Pod {
  return (
    pod !== undefined &&
    isOfShadowPod(pod) &&
    controllerOf(pod) === undefined &&
    pod.metadata?.deletionTimestamp === undefined &&
    namespace?.metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP] !== undefined
  );
}

export function isOfShadowPod(pod: Pod): boolean {
  return pod.metadata?.labels?.[labels.MANAGED_BY] === "shadowpod" || controllerOf(pod)?.kind === "ShadowPod";
}

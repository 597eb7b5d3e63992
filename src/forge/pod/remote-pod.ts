/**
 * The pod that a provider makes of a ShadowPod. What a consumer writes is not taken on trust: its virtual kubelet leaves
 * the fields below out, but whoever has its credentials need not. Used by the ShadowPod controller.
 * Upstream: pkg/liqo-controller-manager/offloading/shadowpod-controller, which copies the spec as it is.
 */
import type { Pod, PodSpec } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { controllerReference } from "#machinery/meta.ts";
import { marksOfShadow } from "../marks.ts";

/** Where the pod runs, before whom, and what of the node it shares, is the provider's business. */
export const LEFT_OUT = [
  "hostNetwork",
  "hostPID",
  "hostIPC",
  // Past the scheduler: neither room nor taints would count.
  "nodeName",
  "schedulerName",
  // Any class, not only those of the system: the provider's own pods would be evicted for the consumer's.
  "priorityClassName",
  "priority",
  "preemptionPolicy",
  // No pod can be created with them: they are added to it afterwards.
  "ephemeralContainers",
] as const satisfies readonly (keyof PodSpec)[];

/** `seen`: an address in the consumer's terms → the one that reaches it from here; undefined: the same. */
export function forgeRemotePod(
  shadow: ShadowPod,
  seen: (address: string) => string | undefined = () => undefined,
): Pod {
  const { name = "", namespace = "", labels: own, annotations } = shadow.metadata ?? {};
  return {
    metadata: {
      name,
      namespace,
      labels: { ...marksOfShadow(own), [labels.MANAGED_BY]: "shadowpod" },
      ...(annotations !== undefined && { annotations: marksOfShadow(annotations) }),
      ownerReferences: [controllerReference(shadow)],
    },
    ...(shadow.spec?.pod !== undefined && { spec: withAliases(withoutLeftOut(shadow.spec.pod), seen) }),
  };
}

function withoutLeftOut(spec: PodSpec): PodSpec {
  const kept: PodSpec = { ...spec };
  for (const field of LEFT_OUT) delete kept[field];
  return kept;
}

/** The consumer's API server, most of all, has another address behind the tunnel than at home. */
function withAliases(spec: PodSpec, seen: (address: string) => string | undefined): PodSpec {
  if (spec.hostAliases === undefined) return spec;
  const hostAliases = spec.hostAliases.map((alias) => {
    const ip = alias.ip === undefined ? undefined : seen(alias.ip);
    return ip === undefined ? alias : { ...alias, ip };
  });
  return { ...spec, hostAliases };
}

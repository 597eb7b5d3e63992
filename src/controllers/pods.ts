/**
 * The one watch of all pods, which several controllers share: the routes need all, and a second one with a selector would
 * send those that it selects twice.
 */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { pods } from "#machinery/builtin.ts";
import type { Deps } from "./deps.ts";

/** Every pod of the cluster, reduced to what controllers ask of it: whose it is, where, how it is reached, its phase. */
export function podsInBrief(deps: Pick<Deps, "informers">): Informer<Pod> {
  return deps.informers.for(pods, { transform: inBrief });
}

/** Whether the pod runs at a provider: its virtual kubelet says so. */
export function isOffloaded({ metadata }: Pod): boolean {
  return metadata?.labels?.[labels.SHADOW_POD] !== undefined;
}

function inBrief({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  const { nodeName, hostNetwork } = spec ?? {};
  const { phase, podIP } = status ?? {};
  return {
    ...(apiVersion !== undefined && { apiVersion }),
    ...(kind !== undefined && { kind }),
    ...(metadata !== undefined && { metadata }),
    spec: { containers: [], ...(nodeName !== undefined && { nodeName }), ...(hostNetwork === true && { hostNetwork }) },
    status: { ...(phase !== undefined && { phase }), ...(podIP !== undefined && { podIP }) },
  };
}

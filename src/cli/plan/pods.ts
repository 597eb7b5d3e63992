/** What becomes of pods. Pure. */
import type { Pod } from "kubernetes-types/core/v1";
import { controllerOf } from "#machinery/meta.ts";
import { isActive } from "#machinery/pod.ts";
import type { PodFate } from "./model.ts";

/** Those that lose the node that they run on: a controller makes another elsewhere, else nobody does. */
export function leavingFates(cluster: string, pods: readonly Pod[], to: string): PodFate[] {
  // That of a DaemonSet ends with its node, and is missed nowhere.
  const leaving = pods.filter((pod) => isActive(pod) && controllerOf(pod)?.kind !== "DaemonSet");
  return leaving.map((pod): PodFate => {
    const owner = controllerOf(pod);
    if (owner === undefined) return { ...placeOf(cluster, pod), fate: "ends", why: "no controller makes it again" };
    return { ...placeOf(cluster, pod), fate: "moves", to, why: `${owner.kind} ${owner.name} makes another` };
  });
}

/** Those of a workload whose template changes. */
export function replacedFates(cluster: string, pods: readonly Pod[], why: string): PodFate[] {
  return pods.filter(isActive).map((pod): PodFate => ({ ...placeOf(cluster, pod), fate: "replaced", why }));
}

export function endingFates(cluster: string, pods: readonly Pod[], why: string): PodFate[] {
  return pods.filter(isActive).map((pod): PodFate => ({ ...placeOf(cluster, pod), fate: "ends", why }));
}

export function stayingFates(cluster: string, pods: readonly Pod[], why: string): PodFate[] {
  return pods.filter(isActive).map((pod): PodFate => ({ ...placeOf(cluster, pod), fate: "stays", why }));
}

function placeOf(cluster: string, { metadata, spec }: Pod): Pick<PodFate, "cluster" | "namespace" | "name" | "from"> {
  const { namespace = "", name = "" } = metadata ?? {};
  return {
    cluster,
    namespace,
    name,
    ...(spec?.nodeName !== undefined && spec.nodeName !== "" && { from: spec.nodeName }),
  };
}

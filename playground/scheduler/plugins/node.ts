/** Plugins that look at the node alone. Kubernetes: pkg/scheduler/framework/plugins/{nodename,nodeunschedulable,nodeaffinity,tainttoleration,nodeports,imagelocality} */
import type { ContainerPort, Pod } from "kubernetes-types/core/v1";
import { matchesRequiredAffinity, matchesTerm } from "#machinery/node-affinity.ts";
import { findUntolerated, tolerates } from "#machinery/taint.ts";
import { type Plugin, reject } from "../plugin.ts";

const UNSCHEDULABLE = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

export const nodeName: Plugin = {
  name: "NodeName",
  filter: (pod, { node }) => {
    const wanted = pod.spec?.nodeName ?? "";
    return wanted === "" || wanted === node.metadata?.name
      ? undefined
      : reject("node(s) didn't match the requested node name");
  },
};

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  filter: (pod, { node }) => {
    if (node.spec?.unschedulable !== true) return undefined;
    const tolerated = (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, UNSCHEDULABLE));
    return tolerated ? undefined : reject("node(s) were unschedulable");
  },
};

export const taintToleration: Plugin = {
  name: "TaintToleration",
  weight: 3,
  reverse: true,
  filter: (pod, { node }) => {
    const taint = findUntolerated(node.spec?.taints, pod.spec?.tolerations, ["NoSchedule", "NoExecute"]);
    return taint === undefined ? undefined : reject("node(s) had untolerated taint(s)");
  },
  score: (pod, { node }) =>
    (node.spec?.taints ?? []).filter(
      (taint) =>
        taint.effect === "PreferNoSchedule" &&
        !(pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
    ).length,
};

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  weight: 2,
  filter: (pod, { node }) =>
    matchesRequiredAffinity(pod.spec, node) ? undefined : reject("node(s) didn't match Pod's node affinity/selector"),
  score: (pod, { node }) => {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce((sum, { preference, weight }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
  },
};

export const nodePorts: Plugin = {
  name: "NodePorts",
  filter: (pod, node) => {
    const wanted = hostPorts(pod);
    if (wanted.length === 0) return undefined;
    const used = new Set(node.pods.flatMap((other) => hostPorts(other)).map(portKey));
    return wanted.some((port) => used.has(portKey(port)))
      ? reject("node(s) didn't have free ports for the requested pod ports", true)
      : undefined;
  },
};

export const imageLocality: Plugin = {
  name: "ImageLocality",
  absolute: true,
  score: (pod, { node }) => {
    const present = new Set((node.status?.images ?? []).flatMap(({ names }) => names ?? []));
    const images = (pod.spec?.containers ?? []).map(({ image }) => image ?? "");
    return images.length === 0 ? 0 : (images.filter((image) => present.has(image)).length / images.length) * 100;
  },
};

function hostPorts(pod: Pod): ContainerPort[] {
  return (pod.spec?.containers ?? []).flatMap(({ ports }) => ports ?? []).filter(({ hostPort }) => (hostPort ?? 0) > 0);
}

function portKey({ hostPort, protocol }: ContainerPort): string {
  return `${protocol ?? "TCP"}/${hostPort}`;
}

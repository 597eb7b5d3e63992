/** Which nodes need a pod of a DaemonSet, and which pods have to go. Kubernetes: pkg/controller/daemon/{daemon_controller,update}.go */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Node, Pod, PodSpec, Toleration } from "kubernetes-types/core/v1";
import { matchesRequiredAffinity } from "#machinery/node-affinity.ts";
import { isReady, isTerminal, isTerminating } from "#machinery/pod.ts";
import { findUntolerated } from "#machinery/taint.ts";
import { podFromTemplate, shortHash } from "../pods.ts";

export const HASH = "controller-revision-hash";
// Kubernetes: pkg/controller/daemon/util.AddOrUpdateDaemonPodTolerations
const EVERY_NODE: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const HOST_NETWORK: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

export interface DaemonPlan {
  readonly eligible: readonly string[];
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** Decides by node: missing, surplus, failed and outdated pods. Outdated ones go one node at a time. */
export function planDaemons(set: DaemonSet, allNodes: readonly Node[], owned: readonly Pod[]): DaemonPlan {
  const eligible = allNodes.filter((node) => isEligible(set, node)).map(({ metadata }) => metadata?.name ?? "");
  const byNode = new Map<string, Pod[]>();
  for (const pod of owned) {
    const node = targetNode(pod);
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  const live = (name: string): Pod[] => (byNode.get(name) ?? []).filter((pod) => !isTerminating(pod));
  const create = eligible.filter((name) => (byNode.get(name) ?? []).length === 0);
  const stray = [...byNode].filter(([name]) => !eligible.includes(name)).flatMap(([name]) => live(name));
  const surplus = eligible.flatMap((name) => live(name).slice(1));
  const failed = eligible.flatMap((name) => live(name).slice(0, 1).filter(isTerminal));
  const hash = templateHash(set);
  const outdated =
    set.spec?.updateStrategy?.type === "OnDelete"
      ? []
      : eligible.flatMap((name) => live(name).slice(0, 1)).filter((pod) => pod.metadata?.labels?.[HASH] !== hash);
  const isRolling =
    create.length > 0 ||
    owned.some(isTerminating) ||
    eligible.some((name) => live(name).some((pod) => !isReady(pod) && !outdated.includes(pod)));
  const broken = outdated.filter((pod) => !isReady(pod));
  const next = broken.length > 0 ? broken : isRolling ? [] : outdated.slice(0, 1);
  return { eligible, create, remove: [...new Set([...stray, ...surplus, ...failed, ...next])] };
}

function isEligible(set: DaemonSet, node: Node): boolean {
  const spec = set.spec?.template.spec;
  if (!matchesRequiredAffinity(spec, node)) return false;
  return findUntolerated(node.spec?.taints, tolerationsOf(spec), ["NoSchedule", "NoExecute"]) === undefined;
}

function tolerationsOf(spec: PodSpec | undefined): Toleration[] {
  return [...(spec?.tolerations ?? []), ...EVERY_NODE, ...(spec?.hostNetwork === true ? [HOST_NETWORK] : [])];
}

/** The node a daemon pod is meant for, bound or not. */
export function targetNode(pod: Pod): string {
  if ((pod.spec?.nodeName ?? "") !== "") return pod.spec?.nodeName ?? "";
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return (
    terms.flatMap(({ matchFields }) => matchFields ?? []).find(({ key }) => key === "metadata.name")?.values?.[0] ?? ""
  );
}

export function templateHash(set: DaemonSet): string {
  return shortHash(set.spec?.template);
}

/** Meant for one node, which the scheduler confirms. */
export function daemonPod(set: DaemonSet, node: string): Pod {
  const template = set.spec?.template ?? {};
  const labels = { ...template.metadata?.labels, [HASH]: templateHash(set) };
  const pod = podFromTemplate(set, { ...template, metadata: { ...template.metadata, labels } });
  if (pod.spec === undefined) return pod;
  const pinned = { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] };
  pod.spec.affinity = {
    ...pod.spec.affinity,
    nodeAffinity: {
      ...pod.spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [pinned] },
    },
  };
  pod.spec.tolerations = tolerationsOf(pod.spec);
  return pod;
}

/**
 * What becomes of a node: its conditions when its heartbeat is lost, and the taints that conditions call for.
 * Kubernetes: pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
import type { Node, NodeCondition, Taint } from "kubernetes-types/core/v1";
import { findCondition, timestamp } from "#machinery/conditions.ts";

const UNREACHABLE = "node.kubernetes.io/unreachable";
const NOT_READY = "node.kubernetes.io/not-ready";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
const NETWORK = "node.kubernetes.io/network-unavailable";
const OURS = [
  UNREACHABLE,
  NOT_READY,
  UNSCHEDULABLE,
  NETWORK,
  "node.kubernetes.io/memory-pressure",
  "node.kubernetes.io/disk-pressure",
  "node.kubernetes.io/pid-pressure",
];

const KUBELET_CONDITIONS = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** What changes with each heartbeat: the lease, or the status where there is none. */
export function heartbeatOf(node: Node, renewTime: string | undefined): string {
  return `${renewTime ?? ""}|${findCondition(node.status?.conditions, "Ready")?.lastHeartbeatTime ?? ""}`;
}

/** The conditions of a node that is heard of no more; undefined when they are so already. */
export function lostConditions(node: Node, nowMs: number): NodeCondition[] | undefined {
  const before = node.status?.conditions ?? [];
  const lost = KUBELET_CONDITIONS.map((type): NodeCondition => {
    const previous = findCondition(before, type);
    if (previous?.status === "Unknown") return previous;
    return {
      ...previous,
      type,
      status: "Unknown",
      reason: "NodeStatusUnknown",
      message: "Kubelet stopped posting node status.",
      lastTransitionTime: timestamp(nowMs),
    };
  });
  if (lost.every((condition) => before.includes(condition))) return undefined;
  return [...before.filter(({ type }) => !KUBELET_CONDITIONS.includes(type)), ...lost];
}

/** The taints that conditions and spec.unschedulable call for; taints of others stay. */
export function wantedTaints(node: Node, nowMs: number): Taint[] {
  const status = (type: string): string => findCondition(node.status?.conditions, type)?.status ?? "";
  const wanted: Taint[] = [];
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: "NoSchedule" });
  const ready = status("Ready");
  if (ready === "False") wanted.push({ key: NOT_READY, effect: "NoSchedule" }, { key: NOT_READY, effect: "NoExecute" });
  if (ready === "Unknown")
    wanted.push({ key: UNREACHABLE, effect: "NoSchedule" }, { key: UNREACHABLE, effect: "NoExecute" });
  if (status("NetworkUnavailable") === "True") wanted.push({ key: NETWORK, effect: "NoSchedule" });
  for (const [type, name] of [
    ["MemoryPressure", "memory"],
    ["DiskPressure", "disk"],
    ["PIDPressure", "pid"],
  ] as const) {
    if (status(type) === "True") wanted.push({ key: `node.kubernetes.io/${name}-pressure`, effect: "NoSchedule" });
  }
  const before = node.spec?.taints ?? [];
  const kept = before.filter(({ key }) => !OURS.includes(key));
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  return [
    ...kept,
    ...wanted.map((taint) => before.find((old) => same(old, taint)) ?? { ...taint, timeAdded: timestamp(nowMs) }),
  ];
}

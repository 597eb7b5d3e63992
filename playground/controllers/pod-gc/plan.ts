/** Whether a pod is nobody's any more. Kubernetes: pkg/controller/podgc/gc_controller.go */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { isTerminating } from "#machinery/pod.ts";

// Kubernetes: quarantineTime
export const QUARANTINE_MS = 40_000;

/**
 * `keep`: it has its node, or waits for one. `orphaned`: its node is gone, which may be a mistake for a while.
 * `unscheduled`: it is being deleted and never had a node that could say that it has ended.
 */
export function classify(pod: Pod, findNode: (name: string) => Node | undefined): "keep" | "orphaned" | "unscheduled" {
  const name = pod.spec?.nodeName ?? "";
  if (name === "") return isTerminating(pod) ? "unscheduled" : "keep";
  return findNode(name) === undefined ? "orphaned" : "keep";
}

/** Which pods of a failed node are given up. Upstream: pkg/liqo-controller-manager/offloading/nodefailure-controller */
import type { Node, Pod } from "kubernetes-types/core/v1";
import { mayNotBeDuplicated } from "#forge/pod/peer-lost.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { isTerminating } from "#machinery/pod.ts";
import { isOfShadowPod } from "../shadowpod/plan.ts";

/**
 * Whether nobody is left to end the pod: its kubelet does not answer, so a ShadowPod would wait for ever to get another.
 * A node that is deleted takes its pods with it. Not one that must never run twice: a node that comes back may still have it.
 */
export function isGivenUp(pod: Pod | undefined, node: Node | undefined): pod is Pod {
  return (
    pod !== undefined &&
    node !== undefined &&
    isOfShadowPod(pod) &&
    isTerminating(pod) &&
    !mayNotBeDuplicated(pod.metadata?.annotations) &&
    !isConditionTrue(node.status?.conditions, "Ready")
  );
}

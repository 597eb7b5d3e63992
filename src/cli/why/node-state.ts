/** What a Node says of itself: the same for virtual and ordinary ones. Pure. */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Node } from "kubernetes-types/core/v1";
import { findCondition } from "#machinery/conditions.ts";
import { broken, type Chain, ok } from "./link.ts";

const PRESSURES = ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];
/** Every virtual node has it, and pods of offloaded namespaces tolerate it; Kubernetes makes the others of conditions. */
const USUAL_TAINTS = ["virtual-node.liqo.io/not-allowed", "node.kubernetes.io/unschedulable"];

export function* nodeState(node: Node, lease: Lease | undefined, nowMs: number): Chain {
  const { name = "" } = node.metadata ?? {};
  const describe = `kubectl describe node ${name}`;
  const ready = findCondition(node.status?.conditions, "Ready");
  if (ready?.status !== "True")
    return yield broken(
      "node",
      `${name} is not ready: ${ready?.message ?? "its kubelet has said nothing"}${heartbeat(lease, nowMs)}`,
      describe,
    );
  const pressure = node.status?.conditions?.find(({ type, status }) => PRESSURES.includes(type) && status === "True");
  if (pressure !== undefined)
    return yield broken("node", `${name} has ${pressure.type}: ${pressure.message ?? pressure.reason ?? ""}`, describe);
  if (node.spec?.unschedulable === true)
    return yield broken("node", `${name} is cordoned: it takes no new pods`, `kubectl uncordon ${name}`);
  const taint = node.spec?.taints?.find(
    ({ key, effect }) => effect !== "PreferNoSchedule" && !USUAL_TAINTS.includes(key),
  );
  if (taint !== undefined)
    return yield broken(
      "node",
      `${name} has the taint ${taint.key}:${taint.effect}: only pods that tolerate it ${taint.effect === "NoExecute" ? "stay there" : "go there"}`,
      `kubectl taint node ${name} ${taint.key}:${taint.effect}-`,
    );
  yield ok("node", `${name} is ready`);
}

function heartbeat(lease: Lease | undefined, nowMs: number): string {
  const renewed = lease?.spec?.renewTime;
  if (renewed === undefined) return "; it has no Lease in kube-node-lease";
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(renewed)) / 1000));
  return `; its Lease was renewed ${seconds} s ago`;
}

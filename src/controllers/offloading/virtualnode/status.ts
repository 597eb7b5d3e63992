/** The conditions of a VirtualNode. Upstream: pkg/liqo-controller-manager/offloading/virtualnode-controller (condition.go) */
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { withCondition } from "#machinery/conditions.ts";

type Condition = NonNullable<NonNullable<VirtualNode["status"]>["conditions"]>[number];

/** While its virtual kubelet runs. `hasNode`: whether the Node is there. */
export function runningConditions({ spec }: VirtualNode, hasNode: boolean): Condition[] {
  const status = spec?.createNode === false ? "None" : hasNode ? "Running" : "Creating";
  return [
    { type: "VirtualKubelet", status: "Running", reason: "", message: "" },
    { type: "Node", status, reason: "", message: "" },
  ];
}

export function drainingConditions(): Condition[] {
  return [{ type: "Node", status: "Draining", reason: "", message: "" }];
}

/** All conditions with these among them; undefined when they are there already. */
export function changedConditions(
  { status }: VirtualNode,
  wanted: readonly Condition[],
  nowMs: number,
): Condition[] | undefined {
  const before = status?.conditions ?? [];
  const isSame = wanted.every((condition) =>
    before.some(({ type, status: value }) => type === condition.type && value === condition.status),
  );
  if (isSame) return undefined;
  return wanted.reduce<Condition[]>((list, condition) => withCondition<Condition>(list, condition, nowMs), [...before]);
}

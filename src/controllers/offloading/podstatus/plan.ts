/** Whether an offloaded pod has the wrong mark. Upstream: pkg/liqo-controller-manager/offloading/podstatus-controller */
import type { Node, Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { isOffloaded } from "../../pods.ts";
import { canServe } from "./can-serve.ts";

export interface Plan {
  readonly do: "nothing" | "mark" | "unmark";
}

export function planMark(pod: Pod | undefined, node: Node | undefined): Plan {
  if (pod === undefined || !isOffloaded(pod)) return { do: "nothing" };
  if (node === undefined || !isVirtualNode(node)) return { do: "nothing" };
  const isMarked = pod.metadata?.labels?.[labels.REMOTE_UNAVAILABLE] === "true";
  if (isMarked === !canServe(node)) return { do: "nothing" };
  return { do: isMarked ? "unmark" : "mark" };
}

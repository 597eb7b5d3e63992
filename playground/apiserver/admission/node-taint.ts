/**
 * A node is not ready until it says so: nothing is scheduled on it before.
 * Kubernetes: plugin/pkg/admission/nodetaint/admission.go (TaintNodesByCondition)
 */
import type { Node } from "kubernetes-types/core/v1";
import type { AdmissionPlugin } from "../request.ts";

const NOT_READY = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };

export function nodeTaint(): AdmissionPlugin {
  return {
    name: "TaintNodesByCondition",
    handles: ({ operation, resource, subresource }) =>
      operation === "CREATE" && resource.group === "" && resource.plural === "nodes" && subresource === "",
    async admit(_ctx, request) {
      const node = request.object as Node;
      const taints = node.spec?.taints ?? [];
      const has = taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect);
      if (!has) node.spec = { ...node.spec, taints: [...taints, NOT_READY] };
    },
  };
}

/** Cordoned nodes. Kubernetes: pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go */
import { tolerates } from "#machinery/taint.ts";
import { type Plugin, reject } from "../plugin.ts";

const UNSCHEDULABLE = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };

export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  filter: (pod, { node }) => {
    if (node.spec?.unschedulable !== true) return undefined;
    const tolerated = (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, UNSCHEDULABLE));
    return tolerated ? undefined : reject("node(s) were unschedulable");
  },
};

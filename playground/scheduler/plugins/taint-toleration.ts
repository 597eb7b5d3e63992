/** Taints that a pod does not tolerate. Kubernetes: pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go */
import { findUntolerated, tolerates } from "#machinery/taint.ts";
import { type Plugin, reject } from "../plugin.ts";

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

/** The node that a pod asks for by name. Kubernetes: pkg/scheduler/framework/plugins/nodename/node_name.go */
import { type Plugin, reject } from "../plugin.ts";

export const nodeName: Plugin = {
  name: "NodeName",
  filter: (pod, { node }) => {
    const wanted = pod.spec?.nodeName ?? "";
    return wanted === "" || wanted === node.metadata?.name
      ? undefined
      : reject("node(s) didn't match the requested node name");
  },
};

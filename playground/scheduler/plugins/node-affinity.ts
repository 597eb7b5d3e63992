/** Node selector and node affinity. Kubernetes: pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go */
import { matchesRequiredAffinity, matchesTerm } from "#machinery/node-affinity.ts";
import { type Plugin, reject } from "../plugin.ts";

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  weight: 2,
  filter: (pod, { node }) =>
    matchesRequiredAffinity(pod.spec, node) ? undefined : reject("node(s) didn't match Pod's node affinity/selector"),
  score: (pod, { node }) => {
    const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return preferred.reduce((sum, { preference, weight }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
  },
};

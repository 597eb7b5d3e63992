/** Cpu and memory taken alike. Kubernetes: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go */
import type { Plugin } from "../plugin.ts";
import { SCORED_RESOURCES, shareWith } from "./node-resources.ts";

export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  absolute: true,
  score: (pod, node) => {
    const shares = SCORED_RESOURCES.map((name) => Math.min(1, shareWith(pod, node, name)));
    const mean = shares.reduce((sum, value) => sum + value, 0) / shares.length;
    const deviation = Math.sqrt(shares.reduce((sum, value) => sum + (value - mean) ** 2, 0) / shares.length);
    return (1 - deviation) * 100;
  },
};

/** Chooses a node for one pod. Kubernetes: pkg/scheduler/schedule_one.go */
import type { Pod } from "kubernetes-types/core/v1";
import type { ClusterState, NodeState } from "./cluster-state.ts";
import type { Plugin } from "./plugin.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { interPodAffinity } from "./plugins/inter-pod-affinity.ts";
import { nodeAffinity } from "./plugins/node-affinity.ts";
import { nodeName } from "./plugins/node-name.ts";
import { nodePorts } from "./plugins/node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./plugins/node-resources-balanced-allocation.ts";
import { nodeResourcesFit } from "./plugins/node-resources-fit.ts";
import { nodeUnschedulable } from "./plugins/node-unschedulable.ts";
import { podTopologySpread } from "./plugins/pod-topology-spread.ts";
import { taintToleration } from "./plugins/taint-toleration.ts";
import { volumeBinding } from "./plugins/volume-binding.ts";

/** In upstream's default order; the first rejection is the one reported for a node. */
export const DEFAULT_PLUGINS: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeBinding,
  nodeResourcesBalancedAllocation,
  podTopologySpread,
  interPodAffinity,
  imageLocality,
];

const MAX_SCORE = 100;

export type Decision =
  | { readonly do: "bind"; readonly nodeName: string }
  | { readonly do: "wait"; readonly message: string; readonly resolvable: readonly string[] };

/** `random` (0 ≤ x < 1) breaks ties. */
export function schedule(pod: Pod, state: ClusterState, plugins: readonly Plugin[], random: () => number): Decision {
  const obstacle = plugins.map((plugin) => plugin.preFilter?.(pod, state)).find((reason) => reason !== undefined);
  if (obstacle !== undefined && state.nodes.length > 0)
    return { do: "wait", message: fitError(state.nodes.length, obstacle, 0), resolvable: [] };
  const feasible: NodeState[] = [];
  const reasons = new Map<string, number>();
  const resolvable: string[] = [];
  for (const node of state.nodes) {
    const rejection = firstRejection(pod, node, state, plugins);
    if (rejection === undefined) feasible.push(node);
    else {
      for (const reason of rejection.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (rejection.resolvable) resolvable.push(node.node.metadata?.name ?? "");
    }
  }
  if (feasible.length === 0)
    return { do: "wait", message: fitError(state.nodes.length, reasons, resolvable.length), resolvable };
  const scores = totalScores(pod, feasible, state, plugins);
  const best = Math.max(...scores);
  const winners = feasible.filter((_, i) => scores[i] === best);
  const chosen = winners[Math.floor(random() * winners.length)];
  return { do: "bind", nodeName: chosen?.node.metadata?.name ?? "" };
}

function firstRejection(pod: Pod, node: NodeState, state: ClusterState, plugins: readonly Plugin[]) {
  for (const plugin of plugins) {
    const rejection = plugin.filter?.(pod, node, state);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

function totalScores(pod: Pod, nodes: readonly NodeState[], state: ClusterState, plugins: readonly Plugin[]): number[] {
  const totals = nodes.map(() => 0);
  for (const plugin of plugins) {
    if (plugin.score === undefined) continue;
    const raw = nodes.map((node) => plugin.score?.(pod, node, state) ?? 0);
    for (const [i, score] of normalise(raw, plugin).entries())
      totals[i] = (totals[i] ?? 0) + score * (plugin.weight ?? 1);
  }
  // Whole points, as upstream: differences below one are ties.
  return totals.map(Math.floor);
}

function normalise(raw: readonly number[], plugin: Plugin): number[] {
  if (plugin.absolute === true) return [...raw];
  const min = Math.min(...raw, 0);
  const max = Math.max(...raw) - min;
  const scaled = raw.map((score) => (max === 0 ? 0 : ((score - min) / max) * MAX_SCORE));
  return plugin.reverse === true ? scaled.map((score) => MAX_SCORE - score) : scaled;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had …` Kubernetes: framework/types.go (FitError) */
export function fitError(total: number, reasons: ReadonlyMap<string, number> | string, resolvable: number): string {
  if (total === 0) return "0/0 nodes are available: no nodes available to schedule pods.";
  const list =
    typeof reasons === "string" ? [reasons] : [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const head = `0/${total} nodes are available: ${list.join(", ")}.`;
  const unhelpful = total - resolvable;
  const parts = [
    ...(resolvable > 0 ? [`${resolvable} No preemption victims found for incoming pod`] : []),
    ...(unhelpful > 0 ? [`${unhelpful} Preemption is not helpful for scheduling`] : []),
  ];
  // The first words are those of the plugin of dynamic resources, which has its say whenever a pod fits nowhere.
  return `${head} no new claims to deallocate, preemption: 0/${total} nodes are available: ${parts.join(", ")}.`;
}

/** Chooses a node for one pod. Kubernetes: pkg/scheduler/schedule_one.go */
import type { Pod } from "kubernetes-types/core/v1";
import type { ClusterState, NodeState } from "./cluster-state.ts";
import { explainPreemption, fitError, NO_NODES } from "./fit-error.ts";
import { firstRejection, type Plugin, type Rejection } from "./plugin.ts";
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
  | { readonly do: "wait"; readonly message: string };

/** `random` (0 ≤ x < 1) breaks ties. */
export function schedule(pod: Pod, state: ClusterState, plugins: readonly Plugin[], random: () => number): Decision {
  const total = state.nodes.length;
  if (total === 0) return { do: "wait", message: NO_NODES };
  const obstacle = plugins.map((plugin) => plugin.preFilter?.(pod, state)).find((reason) => reason !== undefined);
  const rejections = new Map<NodeState, Rejection>();
  const feasible = obstacle === undefined ? feasibleNodes(pod, state, plugins, rejections) : [];
  if (feasible.length === 0) {
    const reasons = obstacle ?? [...rejections.values()].flatMap((rejection) => rejection.reasons);
    return { do: "wait", message: fitError(total, reasons, explainPreemption(pod, state, plugins, rejections)) };
  }
  const scores = totalScores(pod, feasible, state, plugins);
  const best = Math.max(...scores);
  const winners = feasible.filter((_, i) => scores[i] === best);
  const chosen = winners[Math.floor(random() * winners.length)];
  return { do: "bind", nodeName: chosen?.node.metadata?.name ?? "" };
}

/** The nodes that no plugin rejects; why the others were is added to `rejections`. */
function feasibleNodes(
  pod: Pod,
  state: ClusterState,
  plugins: readonly Plugin[],
  rejections: Map<NodeState, Rejection>,
): NodeState[] {
  return state.nodes.filter((node) => {
    const rejection = firstRejection(pod, node, state, plugins);
    if (rejection !== undefined) rejections.set(node, rejection);
    return rejection === undefined;
  });
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

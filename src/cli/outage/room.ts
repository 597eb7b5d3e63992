/** Where a pod could be made again: as the scheduler's filters have it, of what they ask first. Kubernetes: pkg/scheduler/framework/plugins */
import type { Node, PersistentVolume, Pod, PodSpec } from "kubernetes-types/core/v1";
import { isConditionTrue } from "#machinery/conditions.ts";
import { matchesNodeSelector, matchesRequiredAffinity } from "#machinery/node-affinity.ts";
import { isTerminal, podRequests } from "#machinery/pod.ts";
import { milliOf } from "#machinery/quantity.ts";
import { findUntolerated } from "#machinery/taint.ts";

const REPELLING = ["NoSchedule", "NoExecute"];

/** Nodes that are left, and what of each is free: what is given is taken. */
export class Room {
  readonly #left: readonly { readonly node: Node; readonly free: Map<string, bigint> }[];
  readonly #volumes: readonly PersistentVolume[];

  constructor(nodes: readonly Node[], pods: readonly Pod[], volumes: readonly PersistentVolume[]) {
    this.#volumes = volumes;
    const isUsable = ({ spec, status }: Node): boolean =>
      spec?.unschedulable !== true && isConditionTrue(status?.conditions, "Ready");
    const byNode = Map.groupBy(pods, ({ spec }) => spec?.nodeName);
    const freeOn = (node: Node) => freeOf(node, byNode.get(node.metadata?.name) ?? []);
    this.#left = nodes.filter(isUsable).map((node) => ({ node, free: freeOn(node) }));
  }

  /** Names of the nodes that could have it now; the roomiest of them gives what it asks for. */
  take(pod: Pod): string[] {
    const needs = needsOf(pod.spec);
    const bound = this.#boundVolumes(pod);
    const able = this.#left.filter(
      ({ node, free }) =>
        matchesRequiredAffinity(pod.spec, node) &&
        findUntolerated(node.spec?.taints, pod.spec?.tolerations, REPELLING) === undefined &&
        bound.every((volume) => isReachable(volume, node)) &&
        [...needs].every(([name, amount]) => amount === 0n || (free.get(name) ?? 0n) >= amount),
    );
    const [roomiest] = able.toSorted((a, b) => Number((b.free.get("cpu") ?? 0n) - (a.free.get("cpu") ?? 0n)));
    for (const [name, amount] of needs) roomiest?.free.set(name, (roomiest.free.get(name) ?? 0n) - amount);
    return able.map(({ node }) => node.metadata?.name ?? "").sort();
  }

  /** Volumes that it cannot be without, by name, that no node which is left can reach. */
  outOfReach(pod: Pod): string[] {
    const away = this.#boundVolumes(pod).filter((volume) => !this.#left.some(({ node }) => isReachable(volume, node)));
    return away.map(({ spec }) => `${spec?.claimRef?.namespace}/${spec?.claimRef?.name}`);
  }

  #boundVolumes({ metadata, spec }: Pod): PersistentVolume[] {
    const claims = (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
    return this.#volumes.filter(({ spec: of }) => {
      const { namespace, name = "" } = of?.claimRef ?? {};
      return namespace === metadata?.namespace && claims.includes(name);
    });
  }
}

function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  return spec?.nodeAffinity?.required === undefined || matchesNodeSelector(spec.nodeAffinity.required, node);
}

/** Thousandths of each resource, the pod itself among them. */
function needsOf(spec: PodSpec | undefined): Map<string, bigint> {
  const asked = Object.entries(podRequests(spec)).map(([name, text]): [string, bigint] => [name, milliOf(text)]);
  return new Map([...asked, ["pods", 1_000n]]);
}

/** `pods`: those on it. */
function freeOf(node: Node, pods: readonly Pod[]): Map<string, bigint> {
  const free = new Map(Object.entries(node.status?.allocatable ?? {}).map(([name, text]) => [name, milliOf(text)]));
  for (const pod of pods)
    if (!isTerminal(pod))
      for (const [name, amount] of needsOf(pod.spec)) free.set(name, (free.get(name) ?? 0n) - amount);
  return free;
}

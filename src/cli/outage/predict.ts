/**
 * What Kubernetes and Liqo would do if a peer were lost: which pods stay, which are replaced, when and where, and which
 * Services nobody would answer. Kubernetes: pkg/controller/tainteviction, and the controllers of workloads
 */
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { ON_PEER_LOST } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { KUBERNETES_SERVICE } from "#forge/multicluster/slices.ts";
import { lostToleration } from "#forge/pod/peer-lost.ts";
import { controllerOf } from "#machinery/meta.ts";
import { isTerminal, isTerminating } from "#machinery/pod.ts";
import type { OutageFacts } from "./facts.ts";
import { Room } from "./room.ts";

/**
 * `stays`: goes on there, as far as it can. `replaced`: another one is made. `pending`: another one is made, and no node
 * could have it. `waits`: another one is made once this one is known to have ended. `ends`: none is made.
 */
export type Fate = "stays" | "replaced" | "pending" | "waits" | "ends";

export interface PodFate {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly fate: Fate;
  /** Seconds after its node is found to be lost; null: nothing is done to it. */
  readonly afterSeconds: number | null;
  readonly why: string;
  /** Nodes that could have the new one. */
  readonly candidates: readonly string[];
}

export interface ServiceFate {
  readonly namespace: string;
  readonly name: string;
  readonly endpoints: number;
  readonly lost: number;
  /** After so many seconds another pod is made for it; null: none is. */
  readonly replacedAfterSeconds: number | null;
}

export interface Outage {
  readonly cluster: string;
  readonly nodes: readonly string[];
  readonly pods: readonly PodFate[];
  readonly services: readonly ServiceFate[];
  /** Pods of that cluster that run here: they go on, and nobody there is told of them. */
  readonly hosted: number;
}

export function predictOutage(facts: OutageFacts): Outage {
  const isLost = (node: Node): boolean =>
    isVirtualNode(node) && node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === facts.lost;
  const nodes = facts.nodes.filter(isLost).map(({ metadata }) => metadata?.name ?? "");
  const away = facts.pods.filter((pod) => nodes.includes(pod.spec?.nodeName ?? "") && !isTerminal(pod));
  const room = new Room(
    facts.nodes.filter((node) => !isLost(node)),
    facts.pods,
    facts.volumes,
  );
  // Who leaves first takes what room there is.
  const leaving = away.toSorted((a, b) => secondsOf(a) - secondsOf(b) || nameOf(a).localeCompare(nameOf(b)));
  const slices = Map.groupBy(
    facts.slices,
    ({ metadata }) => `${metadata?.namespace}/${metadata?.labels?.[KUBERNETES_SERVICE]}`,
  );
  const fates = leaving.map((pod) => fateOf(pod, facts, room));
  return {
    cluster: facts.lost,
    nodes: nodes.sort(),
    pods: fates.toSorted((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`)),
    services: facts.services.flatMap((service) => serviceFate(service, slices.get(nameOf(service)) ?? [], fates) ?? []),
    hosted: facts.pods.filter(({ metadata }) => metadata?.labels?.[labels.ORIGIN] === facts.lost).length,
  };
}

function fateOf(pod: Pod, { jobs }: OutageFacts, room: Room): PodFate {
  const { namespace = "", name = "", annotations } = pod.metadata ?? {};
  const of = { namespace, name, node: pod.spec?.nodeName ?? "" };
  const afterSeconds = secondsOf(pod);
  const without = (fate: Fate, why: string): PodFate => ({
    ...{ ...of, fate, why, candidates: [] },
    afterSeconds: fate === "stays" ? null : afterSeconds,
  });
  if (isTerminating(pod)) return { ...without("ends", "is being deleted already"), afterSeconds: 0 };
  if (afterSeconds === Number.POSITIVE_INFINITY) {
    const said = annotations?.[ON_PEER_LOST];
    return without("stays", said === undefined ? "tolerates it for ever" : `${ON_PEER_LOST}: ${said}`);
  }
  const owner = controllerOf(pod);
  if (owner === undefined) return without("ends", "no controller makes another one");
  if (owner.kind === "StatefulSet") return without("waits", "a StatefulSet never has two of one name");
  const job = jobs.find(({ metadata }) => owner.kind === "Job" && metadata?.uid === owner.uid);
  const { podReplacementPolicy } = (job?.spec ?? {}) as { podReplacementPolicy?: string };
  if (podReplacementPolicy === "Failed") return without("waits", "its Job's podReplacementPolicy is Failed");
  const claims = room.outOfReach(pod);
  const candidates = room.take(pod);
  const made = { ...of, afterSeconds, candidates };
  if (candidates.length > 0) return { ...made, fate: "replaced", why: `by its ${owner.kind}` };
  const problem = claims.length > 0 ? `the volume of ${claims.join(", ")} is there` : "no other node could have it";
  return { ...made, fate: "pending", why: problem };
}

function serviceFate(
  { metadata, spec }: Service,
  own: readonly EndpointSlice[],
  fates: readonly PodFate[],
): ServiceFate | undefined {
  const { namespace = "", name = "" } = metadata ?? {};
  if (Object.keys(spec?.selector ?? {}).length === 0) return undefined;
  const ready = own.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  const names = new Set(ready.flatMap(({ targetRef }) => (targetRef?.kind === "Pod" ? (targetRef.name ?? []) : [])));
  const lost = fates.filter((fate) => fate.namespace === namespace && names.has(fate.name));
  if (lost.length === 0) return undefined;
  const replaced = lost.flatMap(({ fate, afterSeconds }) => (fate === "replaced" ? (afterSeconds ?? []) : []));
  return {
    ...{ namespace, name, endpoints: names.size, lost: lost.length },
    replacedAfterSeconds: replaced.length === 0 ? null : Math.min(...replaced),
  };
}

function secondsOf(pod: Pod): number {
  return lostToleration(pod.spec?.tolerations);
}

function nameOf({ metadata }: Pod | Service): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

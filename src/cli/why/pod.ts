/**
 * Why a pod is as it is: from the wish to offload its namespace over scheduler, virtual node and ShadowPod to the provider's
 * kubelet and back. Pure; ./pod-facts.ts asks both clusters.
 */
import type { Event, Node, Pod } from "kubernetes-types/core/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { OFFLOADING_REFUSED } from "#forge/pod/status.ts";
import { creationRefused, nameTaken, noTwin, notPlaced } from "#forge/sentences.ts";
import { findCondition } from "#machinery/conditions.ts";
import { isReady } from "#machinery/pod.ts";
import { findUntolerated } from "#machinery/taint.ts";
import { apiServerStatus } from "#trust/reach.ts";
import { brokenGate, last, life, shutGate } from "./life.ts";
import { broken, type Chain, type Link, ok, unknown } from "./link.ts";

const KUBELET_HINT =
  "see whether the virtual kubelet runs: kubectl get pods -A -l offloading.liqo.io/component=virtual-kubelet";

const REFUSED_HINT = "mend what is named, or ask its administrator";
/** Reasons of events. */
const FAILED = ["FailedReflection", "FailedSATokensReflection"];

/** At the provider. */
export interface Remote {
  readonly shadow: ShadowPod | undefined;
  readonly pod: Pod | undefined;
  /** Of the pod, or of its ShadowPod. */
  readonly events: readonly Event[];
}

export interface PodFacts {
  readonly pod: Pod;
  readonly events: readonly Event[];
  /** Of its namespace. */
  readonly offloading: NamespaceOffloading | undefined;
  /** Its own; undefined: it has none, or that is gone. */
  readonly node: Node | undefined;
  /** The rest is of pods on a virtual node. */
  readonly provider?: ProviderFacts;
}

export interface ProviderFacts {
  readonly id: string;
  readonly peer: ForeignCluster | undefined;
  /** Its twin of the namespace; undefined: there is none. */
  readonly twin: string | undefined;
  /** A text: why it could not be asked. */
  readonly remote: Remote | string;
}

export function* podChain(facts: PodFacts): Chain {
  const { pod, node } = facts;
  if (pod.metadata?.deletionTimestamp !== undefined) yield* deletion(facts);
  yield* offloading(facts);
  yield* scheduling(facts);
  if (pod.spec?.nodeName === undefined) return;
  yield* running(pod, node);
  if (facts.provider === undefined) yield* life({ pod, events: facts.events, cluster: undefined });
  else yield* atProvider(facts, facts.provider);
}

function* deletion({ pod }: PodFacts): Chain {
  const { deletionTimestamp, finalizers = [] } = pod.metadata ?? {};
  const [finalizer] = finalizers;
  const since = `it is being deleted, until ${deletionTimestamp}`;
  if (finalizer === undefined) yield unknown("deletion", since, "wait for its kubelet");
  else yield broken("deletion", `${since}; its finalizer ${finalizer} keeps it`, `look at whoever set ${finalizer}`);
}

/** Upstream's strategies: where pods of the namespace may run. */
function* offloading({ pod, offloading: wish }: PodFacts): Chain {
  const { namespace } = pod.metadata ?? {};
  if (wish === undefined) return yield ok("namespace", `${namespace} is not offloaded: its pods run at home`);
  const strategy = wish.spec?.podOffloadingStrategy ?? "LocalAndRemote";
  const { offloadingPhase: phase, remoteNamespacesConditions = {} } = wish.status ?? {};
  const says = `${namespace} is offloaded (${strategy})`;
  if (strategy === "Local")
    return yield ok("namespace", `${says}: its pods run at home, their Services are offered to providers`);
  const stuck = Object.entries(remoteNamespacesConditions).filter(
    ([, all]) => findCondition(all, "Ready")?.reason === "CreationLoopBackOff",
  );
  const names = stuck.map(([peer]) => peer).join(", ");
  if (phase === "AllFailed")
    return yield broken(
      "namespace",
      `${says}, and no provider makes its twin: ${names}`,
      "their administrators find the reason in the events of the NamespaceMap there",
    );
  if (phase === "NoClusterSelected" && strategy === "Remote")
    return yield broken(
      "namespace",
      `${says}, and its clusterSelector selects no provider`,
      `kubectl get namespaceoffloading offloading -n ${namespace} -o yaml`,
    );
  yield ok("namespace", phase === "SomeFailed" ? `${says}, but not to ${names}` : says);
}

function* scheduling({ pod, events, offloading: wish, node }: PodFacts): Chain {
  const { nodeName, schedulingGates = [], schedulerName = "default-scheduler" } = pod.spec ?? {};
  if (nodeName !== undefined) {
    const stands = node !== undefined && isVirtualNode(node) ? ", a virtual node" : "";
    return yield ok("scheduling", `to ${nodeName}${stands}`);
  }
  const [gate] = schedulingGates;
  if (gate !== undefined)
    return yield broken("scheduling", `it waits for its scheduling gate ${gate.name}`, "look at whoever takes it away");
  const told = obstacleTo(pod, events);
  if (told === undefined)
    return yield unknown(
      "scheduling",
      `${schedulerName} has not looked at it yet`,
      "wait, then see whether this scheduler runs",
    );
  yield broken(
    "scheduling",
    told,
    isOlder(pod, wish) ? tooOld(pod) : "make room, or change what the pod asks of a node: kubectl describe nodes",
  );
}

/** Why a scheduler finds no node, as it says itself; undefined: it has said nothing. */
function obstacleTo(pod: Pod, events: readonly Event[]): string | undefined {
  const { status, message } = findCondition(pod.status?.conditions, "PodScheduled") ?? {};
  if (status === "False" && message !== undefined) return message;
  return last(events.filter(({ reason }) => reason === "FailedScheduling"))?.message;
}

/** Pods are given their toleration when they are made. */
function isOlder(pod: Pod, wish: NamespaceOffloading | undefined): boolean {
  const { podOffloadingStrategy = "LocalAndRemote" } = wish?.spec ?? {};
  const [made = "", offloaded = ""] = [pod.metadata?.creationTimestamp, wish?.metadata?.creationTimestamp];
  return wish !== undefined && podOffloadingStrategy !== "Local" && made < offloaded;
}

function tooOld({ metadata }: Pod): string {
  return `it is older than the offloading of its namespace, and may not go to a virtual node: kubectl delete pod ${metadata?.name} -n ${metadata?.namespace}`;
}

function* running(pod: Pod, node: Node | undefined): Chain {
  const name = pod.spec?.nodeName;
  if (node === undefined)
    return yield broken(
      "node",
      `${name} does not exist any more`,
      "the pod is removed by the garbage collector, or: kubectl delete pod --force",
    );
  const ready = findCondition(node.status?.conditions, "Ready");
  if (ready?.status !== "True")
    return yield broken(
      "node",
      `${name} is not ready: ${ready?.message ?? "its kubelet has said nothing"}`,
      `kubectl describe node ${name}`,
    );
  const taint = findUntolerated(node.spec?.taints, pod.spec?.tolerations, ["NoExecute"]);
  if (taint !== undefined) return yield broken("node", `${name} has the taint ${taint.key}, and evicts the pod`);
  yield ok("node", `${name} is ready`);
}

function* atProvider(facts: PodFacts, { id, peer, twin, remote }: ProviderFacts): Chain {
  yield* peering(id, peer);
  if (twin === undefined)
    return yield broken(
      "twin",
      noTwin(id, facts.pod.metadata?.namespace ?? ""),
      "liqoctl offload namespace, or see its clusterSelector",
    );
  yield ok("twin", `namespace ${twin} at ${id}`);
  const refusal = refusalOf(facts);
  const hasNone = typeof remote === "string" || remote.pod === undefined;
  if (hasNone && refusal !== undefined) return yield broken("ShadowPod", refusal, REFUSED_HINT);
  if (typeof remote === "string")
    return yield unknown(
      "provider",
      `${id} could not be asked: ${remote}`,
      "give --remote-context or --remote-kubeconfig",
    );
  if (remote.pod !== undefined && isForeign(remote.pod, id))
    return yield broken(
      "ShadowPod",
      nameTaken(id, twin),
      "give this one another name, or let its administrator delete that one",
    );
  yield* shadow(id, remote);
  if (remote.pod === undefined) return;
  yield* scheduledThere(id, remote.pod, remote.events);
  if (remote.pod.spec?.nodeName === undefined) return;
  const links = life({ pod: remote.pod, events: remote.events, cluster: id });
  yield* links;
  if (links.at(-1)?.state !== "ok") return;
  // Gates are of home alone.
  const gate = shutGate(facts.pod);
  yield isReady(remote.pod) && gate !== undefined ? brokenGate(gate) : toldBack(facts.pod, remote.pod, id);
}

function* peering(id: string, peer: ForeignCluster | undefined): Chain {
  if (peer === undefined)
    return yield broken("peering", `there is no ForeignCluster ${id}`, `liqoctl peer, or liqoctl info`);
  if (apiServerStatus(peer) === "Error")
    return yield broken("peering", `the API server of ${id} does not answer`, `liqoctl info peer ${id}`);
  const { networking } = peer.status?.modules ?? {};
  const connection = findCondition(networking?.conditions, "NetworkConnectionStatus");
  if (networking?.enabled === true && connection?.status === "Error")
    return yield broken("peering", connection.message ?? `the network with ${id} is down`, `liqoctl info peer ${id}`);
  yield ok("peering", `${id} answers`);
}

function* shadow(id: string, { shadow: found, pod }: Remote): Chain {
  if (found === undefined) return yield broken("ShadowPod", `${id} has none`, KUBELET_HINT);
  if (pod !== undefined) return yield ok("ShadowPod", `${id} has it, and a pod for it`);
  const { message } = found.status ?? {};
  if (message !== undefined) return yield broken("ShadowPod", creationRefused(id, message), REFUSED_HINT);
  yield unknown(
    "ShadowPod",
    `${id} has made no pod of it yet`,
    "wait, then see whether liqo-controller-manager runs there",
  );
}

/** Whether reflection to that provider has not made it. */
function isForeign({ metadata }: Pod, id: string): boolean {
  return metadata?.labels?.[labels.DESTINATION] !== id;
}

/** As the virtual kubelet tells it at home. */
function refusalOf({ pod, events }: PodFacts): string | undefined {
  if (pod.status?.reason === OFFLOADING_REFUSED) return pod.status.message;
  return last(events.filter(({ reason = "" }) => FAILED.includes(reason)))?.message;
}

function* scheduledThere(id: string, pod: Pod, events: readonly Event[]): Chain {
  if (pod.spec?.nodeName !== undefined) return yield ok("scheduling", `at ${id}, to ${pod.spec.nodeName}`);
  const told = obstacleTo(pod, events);
  if (told === undefined) return yield unknown("scheduling", `the scheduler of ${id} has not looked at it yet`, "wait");
  yield broken("scheduling", notPlaced(id, told), `make room at ${id}, or run it elsewhere: kubectl delete pod`);
}

function toldBack(home: Pod, remote: Pod, id: string): Link {
  const stateOf = (pod: Pod): string => `${pod.status?.phase}${isReady(pod) ? " and ready" : ""}`;
  const [here, there] = [stateOf(home), stateOf(remote)];
  if (here === there) return ok("status", "it is told at home");
  return broken("status", `${id} says ${there}, at home it is ${here}`, KUBELET_HINT);
}

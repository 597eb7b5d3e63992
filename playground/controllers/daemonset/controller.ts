/** One pod of a DaemonSet on each eligible node. Kubernetes: pkg/controller/daemon/daemon_controller.go */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Node, Pod, PodSpec, Toleration } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import { controllerRevisions, daemonSets, nodes, pods } from "#machinery/builtin.ts";
import { controllerOf, formatKey, keyOf } from "#machinery/meta.ts";
import { matchesRequiredAffinity } from "#machinery/node-affinity.ts";
import { isAvailable, isReady, isTerminal, isTerminating } from "#machinery/pod.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { findUntolerated } from "#machinery/taint.ts";
import type { Deps } from "../deps.ts";
import { Expectations } from "../expectations.ts";
import { podFromTemplate, shortHash } from "../pods.ts";
import { ensureRevision } from "../revisions.ts";

const HASH = "controller-revision-hash";
// Kubernetes: pkg/controller/daemon/util.AddOrUpdateDaemonPodTolerations
const EVERY_NODE: readonly Toleration[] = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
];
const HOST_NETWORK: Toleration = {
  key: "node.kubernetes.io/network-unavailable",
  operator: "Exists",
  effect: "NoSchedule",
};

export function daemonSetController(deps: Deps): Controller {
  const sets = deps.informers.for(daemonSets);
  const nodeInformer = deps.informers.for(nodes);
  const podInformer = deps.informers.for(pods);
  const expectations = new Expectations(deps.nowMs);
  return {
    name: "daemonset",
    workers: 2,
    watches: [
      watchFor(sets),
      watchOwned(podInformer, "DaemonSet"),
      watchOwned(deps.informers.for(controllerRevisions), "DaemonSet"),
      watchMapped(nodeInformer, () => sets.store.list().map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const set = sets.store.get(key);
      if (set === undefined || set.metadata?.deletionTimestamp !== undefined) return DONE;
      const all = podInformer.store.list(key.namespace);
      const byUid = new Map(all.map((pod) => [pod.metadata?.uid ?? "", pod]));
      const owned = all.filter((pod) => controllerOf(pod)?.uid === set.metadata?.uid);
      const exists = (uid: string): boolean => byUid.has(uid);
      const isLive = (uid: string): boolean => exists(uid) && byUid.get(uid)?.metadata?.deletionTimestamp === undefined;
      const used = new Set(owned.map((pod) => `${key.name}-${pod.metadata?.labels?.[HASH]}`));
      await ensureRevision(ctx, deps, set, templateHash(set), used);
      const plan = planDaemons(set, nodeInformer.store.list(), owned);
      if (expectations.satisfied(formatKey(key), exists, isLive)) await act(ctx, deps, set, plan, expectations);
      await report(ctx, deps, set, plan, owned);
      return DONE;
    },
  };
}

export interface DaemonPlan {
  readonly eligible: readonly string[];
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** Decides by node: missing, surplus, failed and outdated pods. Outdated ones go one node at a time. */
export function planDaemons(set: DaemonSet, allNodes: readonly Node[], owned: readonly Pod[]): DaemonPlan {
  const eligible = allNodes.filter((node) => isEligible(set, node)).map(({ metadata }) => metadata?.name ?? "");
  const byNode = new Map<string, Pod[]>();
  for (const pod of owned) {
    const node = targetNode(pod);
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  const live = (name: string): Pod[] => (byNode.get(name) ?? []).filter((pod) => !isTerminating(pod));
  const create = eligible.filter((name) => (byNode.get(name) ?? []).length === 0);
  const stray = [...byNode].filter(([name]) => !eligible.includes(name)).flatMap(([name]) => live(name));
  const surplus = eligible.flatMap((name) => live(name).slice(1));
  const failed = eligible.flatMap((name) => live(name).slice(0, 1).filter(isTerminal));
  const hash = templateHash(set);
  const outdated =
    set.spec?.updateStrategy?.type === "OnDelete"
      ? []
      : eligible.flatMap((name) => live(name).slice(0, 1)).filter((pod) => pod.metadata?.labels?.[HASH] !== hash);
  const isRolling =
    create.length > 0 ||
    owned.some(isTerminating) ||
    eligible.some((name) => live(name).some((pod) => !isReady(pod) && !outdated.includes(pod)));
  const broken = outdated.filter((pod) => !isReady(pod));
  const next = broken.length > 0 ? broken : isRolling ? [] : outdated.slice(0, 1);
  return { eligible, create, remove: [...new Set([...stray, ...surplus, ...failed, ...next])] };
}

function isEligible(set: DaemonSet, node: Node): boolean {
  const spec = set.spec?.template.spec;
  if (!matchesRequiredAffinity(spec, node)) return false;
  return findUntolerated(node.spec?.taints, tolerationsOf(spec), ["NoSchedule", "NoExecute"]) === undefined;
}

function tolerationsOf(spec: PodSpec | undefined): Toleration[] {
  return [...(spec?.tolerations ?? []), ...EVERY_NODE, ...(spec?.hostNetwork === true ? [HOST_NETWORK] : [])];
}

/** The node a daemon pod is meant for, bound or not. */
function targetNode(pod: Pod): string {
  if ((pod.spec?.nodeName ?? "") !== "") return pod.spec?.nodeName ?? "";
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return (
    terms.flatMap(({ matchFields }) => matchFields ?? []).find(({ key }) => key === "metadata.name")?.values?.[0] ?? ""
  );
}

function templateHash(set: DaemonSet): string {
  return shortHash(set.spec?.template);
}

async function act(
  ctx: Context,
  deps: Deps,
  set: DaemonSet,
  plan: DaemonPlan,
  expectations: Expectations,
): Promise<void> {
  const key = formatKey(keyOf(set));
  for (const node of plan.create) {
    const pod = await deps.client.create(ctx, pods, daemonPod(set, node));
    expectations.created(key, pod.metadata?.uid ?? "");
    deps.events.normal(ctx, set, "SuccessfulCreate", `Created pod: ${pod.metadata?.name}`);
  }
  for (const pod of plan.remove) {
    const uid = pod.metadata?.uid ?? "";
    try {
      await deps.client.delete(ctx, pods, keyOf(pod), { uid });
      expectations.deleted(key, uid);
      deps.events.normal(ctx, set, "SuccessfulDelete", `Deleted pod: ${pod.metadata?.name}`);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function daemonPod(set: DaemonSet, node: string): Pod {
  const template = set.spec?.template ?? {};
  const labels = { ...template.metadata?.labels, [HASH]: templateHash(set) };
  const pod = podFromTemplate(set, { ...template, metadata: { ...template.metadata, labels } });
  if (pod.spec === undefined) return pod;
  const pinned = { matchFields: [{ key: "metadata.name", operator: "In", values: [node] }] };
  pod.spec.affinity = {
    ...pod.spec.affinity,
    nodeAffinity: {
      ...pod.spec.affinity?.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [pinned] },
    },
  };
  pod.spec.tolerations = tolerationsOf(pod.spec);
  return pod;
}

async function report(
  ctx: Context,
  deps: Deps,
  set: DaemonSet,
  plan: DaemonPlan,
  owned: readonly Pod[],
): Promise<void> {
  const onEligible = owned.filter((pod) => plan.eligible.includes(targetNode(pod)) && !isTerminating(pod));
  const hash = templateHash(set);
  const minReady = set.spec?.minReadySeconds ?? 0;
  const numberAvailable = onEligible.filter((pod) => isAvailable(pod, minReady, deps.nowMs())).length;
  const status = {
    currentNumberScheduled: onEligible.length,
    numberMisscheduled: owned.filter((pod) => !plan.eligible.includes(targetNode(pod)) && !isTerminating(pod)).length,
    desiredNumberScheduled: plan.eligible.length,
    numberReady: onEligible.filter(isReady).length,
    observedGeneration: set.metadata?.generation ?? 0,
    updatedNumberScheduled: onEligible.filter((pod) => pod.metadata?.labels?.[HASH] === hash).length,
    ...(numberAvailable > 0 && { numberAvailable }),
    ...(plan.eligible.length - numberAvailable > 0 && { numberUnavailable: plan.eligible.length - numberAvailable }),
  };
  const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (sorted(status) !== sorted(set.status ?? {})) await deps.client.updateStatus(ctx, daemonSets, { ...set, status });
}

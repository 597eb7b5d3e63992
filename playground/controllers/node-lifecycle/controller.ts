/**
 * Marks nodes without heartbeat Unknown, taints them, and evicts pods that do not tolerate a NoExecute taint.
 * Kubernetes: pkg/controller/nodelifecycle, pkg/controller/tainteviction
 */
import type { Node, NodeCondition, Pod, Taint } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { leases, nodes, pods } from "#machinery/builtin.ts";
import { findCondition, timestamp } from "#machinery/conditions.ts";
import { keyOf } from "#machinery/meta.ts";
import { isTerminating } from "#machinery/pod.ts";
import { tolerates } from "#machinery/taint.ts";
import type { Deps } from "../deps.ts";

const LEASE_NAMESPACE = "kube-node-lease";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const NOT_READY = "node.kubernetes.io/not-ready";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";
const NETWORK = "node.kubernetes.io/network-unavailable";
const OURS = [
  UNREACHABLE,
  NOT_READY,
  UNSCHEDULABLE,
  NETWORK,
  "node.kubernetes.io/memory-pressure",
  "node.kubernetes.io/disk-pressure",
  "node.kubernetes.io/pid-pressure",
];

export function nodeLifecycleController(deps: Deps): Controller {
  const informer = deps.informers.for(nodes);
  const leaseInformer = deps.informers.for(leases, { namespace: LEASE_NAMESPACE });
  const podInformer = deps.informers.for(pods);
  // Heartbeats are judged by when we saw them change, so that clocks need not agree.
  const seen = new Map<string, { beat: string; atMs: number }>();
  return {
    name: "node-lifecycle",
    workers: 2,
    watches: [watchFor(informer), watchMapped(leaseInformer, ({ metadata }) => [{ name: metadata?.name ?? "" }])],
    reconcile: async (ctx, key): Promise<Result> => {
      const node = informer.store.get(key);
      if (node === undefined) {
        seen.delete(key.name);
        return DONE;
      }
      const renewed = leaseInformer.store.get({ namespace: LEASE_NAMESPACE, name: key.name })?.spec?.renewTime ?? "";
      const beat = `${renewed}|${findCondition(node.status?.conditions, "Ready")?.lastHeartbeatTime ?? ""}`;
      const last = seen.get(key.name);
      const current = last?.beat === beat ? last : { beat, atMs: deps.nowMs() };
      seen.set(key.name, current);
      const silentMs = deps.nowMs() - current.atMs;
      const isLost = silentMs >= deps.settings.nodeMonitorGraceMs;
      const judged = isLost ? await markUnknown(ctx, deps, node) : node;
      await writeTaints(ctx, deps, judged);
      return { requeueAfterMs: isLost ? 10_000 : deps.settings.nodeMonitorGraceMs - silentMs + 100 };
    },
  };

  async function markUnknown(ctx: Context, d: Deps, node: Node): Promise<Node> {
    const now = timestamp(d.nowMs());
    const kinds = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
    const conditions = kinds.map((type): NodeCondition => {
      const previous = findCondition(node.status?.conditions, type);
      if (previous?.status === "Unknown") return previous;
      return {
        ...previous,
        type,
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
        lastTransitionTime: now,
      };
    });
    const before = node.status?.conditions ?? [];
    if (conditions.every((c) => before.includes(c))) return node;
    const others = before.filter(({ type }) => !kinds.includes(type));
    const body = { status: { conditions: [...others, ...conditions] } };
    d.events.normal(ctx, node, "NodeNotReady", `Node ${node.metadata?.name} status is now: NodeNotReady`);
    const written = await d.client.patch(ctx, nodes, keyOf(node), "strategic", body, { subresource: "status" });
    for (const pod of podInformer.store.list().filter(({ spec }) => spec?.nodeName === node.metadata?.name))
      await markNotReady(ctx, d, pod);
    return written;
  }
}

/** Pods of a lost node leave the endpoints of their Services. */
async function markNotReady(ctx: Context, deps: Deps, pod: Pod): Promise<void> {
  if (findCondition(pod.status?.conditions, "Ready")?.status !== "True") return;
  const condition = { type: "Ready", status: "False", lastTransitionTime: timestamp(deps.nowMs()) };
  await deps.client.patch(
    ctx,
    pods,
    keyOf(pod),
    "strategic",
    { status: { conditions: [condition] } },
    { subresource: "status" },
  );
}

/** The taints that conditions and spec.unschedulable call for; taints of others stay. */
export function wantedTaints(node: Node, nowMs: number): Taint[] {
  const status = (type: string): string => findCondition(node.status?.conditions, type)?.status ?? "";
  const wanted: Taint[] = [];
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: "NoSchedule" });
  const ready = status("Ready");
  if (ready === "False") wanted.push({ key: NOT_READY, effect: "NoSchedule" }, { key: NOT_READY, effect: "NoExecute" });
  if (ready === "Unknown")
    wanted.push({ key: UNREACHABLE, effect: "NoSchedule" }, { key: UNREACHABLE, effect: "NoExecute" });
  if (status("NetworkUnavailable") === "True") wanted.push({ key: NETWORK, effect: "NoSchedule" });
  for (const [type, name] of [
    ["MemoryPressure", "memory"],
    ["DiskPressure", "disk"],
    ["PIDPressure", "pid"],
  ] as const) {
    if (status(type) === "True") wanted.push({ key: `node.kubernetes.io/${name}-pressure`, effect: "NoSchedule" });
  }
  const before = node.spec?.taints ?? [];
  const kept = before.filter(({ key }) => !OURS.includes(key));
  const same = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
  return [
    ...kept,
    ...wanted.map((taint) => before.find((old) => same(old, taint)) ?? { ...taint, timeAdded: timestamp(nowMs) }),
  ];
}

async function writeTaints(ctx: Context, deps: Deps, node: Node): Promise<void> {
  const taints = wantedTaints(node, deps.nowMs());
  const before = node.spec?.taints ?? [];
  if (taints.length === before.length && taints.every((taint) => before.includes(taint))) return;
  const body = {
    metadata: { resourceVersion: node.metadata?.resourceVersion },
    spec: { taints: taints.length === 0 ? null : taints },
  };
  await deps.client.patch(ctx, nodes, keyOf(node), "merge", body);
}

/** Deletes pods whose time on a NoExecute-tainted node is up. */
export function taintEvictionController(deps: Deps): Controller {
  const nodeInformer = deps.informers.for(nodes);
  const podInformer = deps.informers.for(pods);
  return {
    name: "taint-eviction",
    workers: 4,
    watches: [
      watchFor(podInformer),
      watchMapped(nodeInformer, (node) =>
        podInformer.store
          .list()
          .filter(({ spec }) => spec?.nodeName === node.metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const pod = podInformer.store.get(key);
      if (pod === undefined || isTerminating(pod) || (pod.spec?.nodeName ?? "") === "") return DONE;
      const node = nodeInformer.store.get({ name: pod.spec?.nodeName ?? "" });
      const dueMs = evictionTime(
        pod,
        (node?.spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute"),
      );
      if (dueMs === undefined) return DONE;
      const leftMs = dueMs - deps.nowMs();
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      deps.events.normal(ctx, pod, "TaintManagerEviction", `Marking for deletion Pod ${key.namespace}/${key.name}`);
      const uid = pod.metadata?.uid;
      await deps.client.deleteIfPresent(ctx, pods, key, uid === undefined ? {} : { uid });
      return DONE;
    },
  };
}

/** When the pod must leave, in ms since the epoch; undefined: it may stay. 0: at once. */
export function evictionTime(pod: Pod, taints: readonly Taint[]): number | undefined {
  const times = taints.map((taint) => {
    const tolerations = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (tolerations.length === 0) return 0;
    const seconds = tolerations.map(({ tolerationSeconds }) => tolerationSeconds).filter((s) => s !== undefined);
    if (seconds.length === 0) return Number.POSITIVE_INFINITY;
    return Date.parse(taint.timeAdded ?? timestamp(0)) + Math.max(0, Math.min(...seconds)) * 1000;
  });
  const first = Math.min(...times, Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? first : undefined;
}

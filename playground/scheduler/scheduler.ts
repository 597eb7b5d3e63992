/**
 * Binds pending pods to nodes, one at a time in order of priority, and tells why a pod fits nowhere.
 * Kubernetes: pkg/scheduler/scheduler.go. Waiting pods are tried again when nodes or pods change.
 */
import type { Node, PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { isAborted, messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Informers } from "#kube/informer/informers.ts";
import type { Store } from "#kube/informer/store.ts";
import { nodes, persistentVolumeClaims, persistentVolumes, pods, storageClasses } from "#machinery/builtin.ts";
import { type Condition, withCondition } from "#machinery/conditions.ts";
import { formatKey, keyOf, parseKey } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import { SELECTED_NODE } from "#machinery/volume.ts";
import { ClusterCache } from "./cluster-cache.ts";
import { undecidedClaims } from "./plugins/volume-binding.ts";
import { SchedulingQueue } from "./queue.ts";
import { DEFAULT_PLUGINS, schedule } from "./schedule.ts";
import type { StorageState } from "./storage-state.ts";

export interface SchedulerDeps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly nowMs: () => number;
  readonly random: () => number;
}

const NAME = "default-scheduler";

export async function runScheduler(ctx: Context, deps: SchedulerDeps): Promise<void> {
  const podInformer = deps.informers.for(pods);
  const nodeInformer = deps.informers.for(nodes);
  const queue = new SchedulingQueue();
  const storage = watchStorage(deps, () => queue.retryUnschedulable());
  const cache = new ClusterCache(nodeInformer.store, podInformer.store, storage.state);
  const cluster: Cluster = { pods: podInformer.store, storage: storage.state, cache, queue };
  const stops = [watchPods(podInformer, cluster), watchNodes(nodeInformer, cluster), storage.stop];
  ctx.signal.addEventListener("abort", () => queue.close(), { once: true });
  if (ctx.signal.aborted) queue.close();
  await Promise.all([podInformer.synced, nodeInformer.synced, storage.synced]);
  for (let key = await queue.get(); key !== undefined; key = await queue.get())
    await scheduleOne(ctx, deps, cluster, key);
  for (const stop of stops) stop();
}

interface Cluster {
  readonly pods: Store<Pod>;
  readonly storage: StorageState;
  readonly cache: ClusterCache;
  readonly queue: SchedulingQueue;
}

async function scheduleOne(ctx: Context, deps: SchedulerDeps, cluster: Cluster, key: string): Promise<void> {
  const { cache, queue, storage } = cluster;
  const pod = cluster.pods.get(parseKey(key));
  if (pod === undefined || !isOurs(pod) || isBound(pod) || cache.isAssumed(pod)) return queue.forget(key);
  // It chooses anew, and is not in its own way.
  cache.forget(pod);
  try {
    const decision = schedule(pod, cache.state(), DEFAULT_PLUGINS, deps.random);
    const undecided = decision.do === "bind" ? undecidedClaims(pod, storage) : [];
    // Before the writes: what they change is a reason to try again.
    if (decision.do === "wait" || undecided.length > 0) queue.addUnschedulable(key, priorityOf(pod));
    if (decision.do === "wait") await tellUnschedulable(ctx, deps, pod, decision.message);
    else if (undecided.length > 0) {
      cache.reserve(pod, decision.nodeName);
      for (const claim of undecided) await chooseNode(ctx, deps, claim, decision.nodeName);
    } else {
      cache.assume(pod, decision.nodeName);
      await bind(ctx, deps, pod, decision.nodeName);
    }
    queue.forget(key);
  } catch (error) {
    cache.forget(pod);
    // What was to be written about is gone, which the informers tell.
    if (isAborted(error) || isNotFound(error)) return queue.forget(key);
    if (!isConflict(error)) ctx.log.warn("pod not scheduled", { pod: key, error: messageOf(error) });
    queue.addBackoff(key, priorityOf(pod));
  }
}

function watchPods(informer: Informer<Pod>, { cache, queue }: Cluster): () => void {
  const note = (pod: Pod): void => {
    cache.podChanged(pod);
    const key = formatKey(keyOf(pod));
    if (isBound(pod)) queue.delete(key);
    else if (isOurs(pod)) queue.add(key, priorityOf(pod));
  };
  return informer.addHandler({
    added: note,
    updated: (pod, previous) => {
      cache.podChanged(previous);
      note(pod);
      if (isTerminal(pod) !== isTerminal(previous)) queue.retryUnschedulable();
    },
    deleted: (pod) => {
      cache.podChanged(pod);
      cache.forget(pod);
      queue.delete(formatKey(keyOf(pod)));
      queue.retryUnschedulable();
    },
  });
}

function watchNodes(informer: Informer<Node>, { cache, queue }: Cluster): () => void {
  const changed = (node: Node): void => {
    cache.nodeChanged(node);
    queue.retryUnschedulable();
  };
  return informer.addHandler({
    added: changed,
    updated: (node, previous) => {
      if (isRelevantChange(node, previous)) changed(node);
      else cache.nodeChanged(node);
    },
    deleted: changed,
  });
}

/** What volumes can be had; pods that wait are looked at again when it changes. */
function watchStorage(
  { informers }: SchedulerDeps,
  changed: () => void,
): { state: StorageState; synced: Promise<unknown>; stop: () => void } {
  const claims = informers.for(persistentVolumeClaims);
  const volumes = informers.for(persistentVolumes);
  const classes = informers.for(storageClasses);
  const handler = { added: changed, updated: changed, deleted: changed };
  const stops = [claims.addHandler(handler), volumes.addHandler(handler), classes.addHandler(handler)];
  return {
    state: {
      findClaim: (namespace, name) => claims.store.get({ namespace, name }),
      findVolume: (name) => volumes.store.get({ name }),
      findClass: (name) => classes.store.get({ name }),
      volumes: () => volumes.store.list(),
    },
    synced: Promise.all([claims.synced, volumes.synced, classes.synced]),
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

async function chooseNode(
  ctx: Context,
  deps: SchedulerDeps,
  claim: PersistentVolumeClaim,
  nodeName: string,
): Promise<void> {
  if (claim.metadata?.annotations?.[SELECTED_NODE] === nodeName) return;
  const { resourceVersion } = claim.metadata ?? {};
  await deps.client.patch(ctx, persistentVolumeClaims, keyOf(claim), "merge", {
    metadata: { resourceVersion, annotations: { [SELECTED_NODE]: nodeName } },
  });
}

function isBound({ spec }: Pod): boolean {
  return (spec?.nodeName ?? "") !== "";
}

function priorityOf({ spec }: Pod): number {
  return spec?.priority ?? 0;
}

function isOurs(pod: Pod): boolean {
  const name = pod.spec?.schedulerName ?? NAME;
  const isGated = (pod.spec?.schedulingGates ?? []).length > 0;
  return name === NAME && !isGated && pod.metadata?.deletionTimestamp === undefined && !isTerminal(pod);
}

/** Heartbeats change nodes all the time; only what filters read matters. */
function isRelevantChange(node: Node, previous: Node): boolean {
  const essence = ({ metadata, spec, status }: Node): string =>
    JSON.stringify([metadata?.labels, spec?.taints, spec?.unschedulable, status?.allocatable]);
  return essence(node) !== essence(previous);
}

async function bind(ctx: Context, deps: SchedulerDeps, pod: Pod, nodeName: string): Promise<void> {
  const { namespace = "default", name = "", uid = "" } = pod.metadata ?? {};
  const binding = {
    apiVersion: "v1",
    kind: "Binding",
    metadata: { namespace, name, uid },
    target: { apiVersion: "v1", kind: "Node", name: nodeName },
  };
  await deps.client.createSubresource(ctx, pods, { namespace, name }, "binding", binding);
  deps.events.normal(ctx, pod, "Scheduled", `Successfully assigned ${namespace}/${name} to ${nodeName}`);
}

async function tellUnschedulable(ctx: Context, deps: SchedulerDeps, pod: Pod, message: string): Promise<void> {
  const before = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (before?.status === "False" && before.message === message) return;
  const condition: Condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
  const [set] = withCondition<Condition>([], condition, deps.nowMs());
  await deps.client.patch(
    ctx,
    pods,
    keyOf(pod),
    "strategic",
    { status: { conditions: [set] } },
    { subresource: "status" },
  );
  deps.events.warning(ctx, pod, "FailedScheduling", message);
}

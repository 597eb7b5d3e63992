/**
 * Binds pending pods to nodes, one at a time in order of priority, and tells why a pod fits nowhere.
 * Kubernetes: pkg/scheduler/scheduler.go. Waiting pods are tried again when nodes or pods change.
 */
import type { Node, PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { isAborted, messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { WorkQueue } from "#kube/queue/work-queue.ts";
import { nodes, persistentVolumeClaims, persistentVolumes, pods, storageClasses } from "#machinery/builtin.ts";
import { type Condition, withCondition } from "#machinery/conditions.ts";
import { formatKey, keyOf, parseKey } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import { SELECTED_NODE } from "#machinery/volume.ts";
import { buildState } from "./cluster-state.ts";
import { undecidedClaims } from "./plugins/volume-binding.ts";
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
// Pods that fit nowhere are tried again after this even if nothing seems to change (upstream: 5 min flush).
const FLUSH_MS = 60_000;

export async function runScheduler(ctx: Context, deps: SchedulerDeps): Promise<void> {
  const podInformer = deps.informers.for(pods);
  const nodeInformer = deps.informers.for(nodes);
  const queue = new WorkQueue();
  const waiting = new Set<string>();
  const assumed = new Map<string, string>();
  const retryWaiting = (): void => {
    for (const key of waiting) queue.add(key);
  };
  const stopPods = podInformer.addHandler({
    added: (pod) => note(pod),
    updated: (pod, previous) => {
      note(pod);
      if (isTerminal(pod) !== isTerminal(previous)) retryWaiting();
    },
    deleted: (pod) => {
      assumed.delete(pod.metadata?.uid ?? "");
      waiting.delete(formatKey(keyOf(pod)));
      retryWaiting();
    },
  });
  const stopNodes = nodeInformer.addHandler({
    added: retryWaiting,
    updated: (node, previous) => {
      if (isRelevantChange(node, previous)) retryWaiting();
    },
    deleted: retryWaiting,
  });
  const storage = watchStorage(deps, retryWaiting);
  ctx.signal.addEventListener("abort", () => queue.close(), { once: true });
  await Promise.all([podInformer.synced, nodeInformer.synced, storage.synced]);
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    await one(key);
    queue.done(key);
  }
  stopPods();
  stopNodes();
  storage.stop();

  function note(pod: Pod): void {
    const isBound = (pod.spec?.nodeName ?? "") !== "";
    if (isBound) {
      assumed.delete(pod.metadata?.uid ?? "");
      waiting.delete(formatKey(keyOf(pod)));
    } else if (isOurs(pod)) queue.add(formatKey(keyOf(pod)));
  }

  async function one(key: string): Promise<void> {
    const pod = podInformer.store.get(parseKey(key));
    if (pod === undefined || !isOurs(pod) || (pod.spec?.nodeName ?? "") !== "" || assumed.has(pod.metadata?.uid ?? ""))
      return;
    try {
      const state = buildState(nodeInformer.store.list(), podInformer.store.list(), assumed, storage.state);
      const decision = schedule(pod, state, DEFAULT_PLUGINS, deps.random);
      const undecided = decision.do === "bind" ? undecidedClaims(pod, storage.state) : [];
      if (decision.do === "bind" && undecided.length > 0) {
        waiting.add(key);
        for (const claim of undecided) await chooseNode(ctx, deps, claim, decision.nodeName);
      } else if (decision.do === "bind") {
        waiting.delete(key);
        assumed.set(pod.metadata?.uid ?? "", decision.nodeName);
        await bind(ctx, deps, pod, decision.nodeName);
      } else {
        waiting.add(key);
        await tellUnschedulable(ctx, deps, pod, decision.message);
        queue.addAfter(key, FLUSH_MS);
      }
    } catch (error) {
      assumed.delete(pod.metadata?.uid ?? "");
      if (isAborted(error) || isNotFound(error)) return;
      if (!isConflict(error)) ctx.log.warn("pod not scheduled", { pod: key, error: messageOf(error) });
      queue.addRateLimited(key);
    }
  }
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

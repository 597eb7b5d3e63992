/** One pod of a DaemonSet on each eligible node. Kubernetes: pkg/controller/daemon/daemon_controller.go */
import { isDeepStrictEqual } from "node:util";
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { controllerRevisions, daemonSets, nodes, pods } from "#machinery/builtin.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { Expectations } from "../expectations.ts";
import { controllerUid, uidOf } from "../indexes.ts";
import { ensureRevision } from "../revisions.ts";
import { type DaemonPlan, daemonPod, HASH, planDaemons, templateHash } from "./plan.ts";
import { daemonSetStatus } from "./status.ts";

interface Sources {
  readonly sets: Store<DaemonSet>;
  readonly nodes: Store<Node>;
  readonly podsByController: Index<Pod>;
  readonly podsByUid: Index<Pod>;
  readonly expectations: Expectations;
}

export function daemonSetController(deps: Deps): Controller {
  const sets = deps.informers.for(daemonSets);
  const nodeInformer = deps.informers.for(nodes);
  const podInformer = deps.informers.for(pods);
  const sources: Sources = {
    sets: sets.store,
    nodes: nodeInformer.store,
    podsByController: podInformer.store.indexBy(controllerUid),
    podsByUid: podInformer.store.indexBy(uidOf),
    expectations: new Expectations(deps.nowMs),
  };
  return {
    name: "daemonset",
    workers: 2,
    watches: [
      watchFor(sets),
      watchOwned(podInformer, "DaemonSet"),
      watchOwned(deps.informers.for(controllerRevisions), "DaemonSet"),
      watchMapped(nodeInformer, () => sets.store.list().map(keyOf)),
    ],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const { expectations, podsByController, podsByUid } = sources;
  const set = sources.sets.get(key);
  if (set === undefined) expectations.forget(formatKey(key));
  if (set === undefined || set.metadata?.deletionTimestamp !== undefined) return DONE;
  const owned = podsByController.get(set.metadata?.uid ?? "");
  const used = new Set(owned.map((pod) => `${key.name}-${pod.metadata?.labels?.[HASH]}`));
  await ensureRevision(ctx, deps, set, templateHash(set), used);
  const plan = planDaemons(set, sources.nodes.list(), owned);
  const isCaughtUp = expectations.satisfied(formatKey(key), (uid) => podsByUid.get(uid)[0]);
  if (isCaughtUp) await act(ctx, deps, set, plan, expectations);
  const status = daemonSetStatus(set, plan.eligible, owned, deps.nowMs());
  if (!isDeepStrictEqual(status, set.status ?? {})) await deps.client.updateStatus(ctx, daemonSets, { ...set, status });
  return DONE;
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

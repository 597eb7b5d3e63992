/** Rolls ReplicaSets of a Deployment. Kubernetes: pkg/controller/deployment/deployment_controller.go */
import { isDeepStrictEqual } from "node:util";
import type { Deployment, ReplicaSet } from "kubernetes-types/apps/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { deployments, replicaSets } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { controllerUid } from "../indexes.ts";
import { type NewReplicaSetPlan, planNewReplicaSet, REVISION, surplusReplicaSets } from "./new-replica-set.ts";
import { planScale } from "./rollout.ts";
import { deploymentStatus } from "./status.ts";

// A set that exists and is not in the cache yet is there after this.
const CACHE_LAG_MS = 50;

interface Sources {
  readonly deployments: Store<Deployment>;
  readonly setsByController: Index<ReplicaSet>;
}

export function deploymentController(deps: Deps): Controller {
  const informer = deps.informers.for(deployments);
  const sets = deps.informers.for(replicaSets);
  const sources: Sources = {
    deployments: informer.store,
    setsByController: sets.store.indexBy(controllerUid),
  };
  return {
    name: "deployment",
    workers: 5,
    watches: [watchFor(informer), watchOwned(sets, "Deployment")],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const deployment = sources.deployments.get(key);
  if (deployment === undefined || deployment.metadata?.deletionTimestamp !== undefined) return DONE;
  const owned = sources.setsByController.get(deployment.metadata?.uid ?? "");
  const plan = planNewReplicaSet(deployment, owned);
  const old = owned.filter((set) => set !== plan.set);
  const newReplicaSet = await ensureNewReplicaSet(ctx, deps, deployment, plan);
  if (plan.do !== "pause") await setRevision(ctx, deps, deployment, plan.revision);
  if (plan.do === "create" && newReplicaSet === undefined) return { requeueAfterMs: CACHE_LAG_MS };
  if (newReplicaSet !== undefined) await scale(ctx, deps, deployment, newReplicaSet, old);
  if (plan.do !== "pause") await cleanHistory(ctx, deps, deployment, old);
  return report(ctx, deps, deployment, newReplicaSet, old);
}

/** Undefined when there is none, or none in the cache yet. */
async function ensureNewReplicaSet(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  plan: NewReplicaSetPlan,
): Promise<ReplicaSet | undefined> {
  if (plan.do === "annotate") {
    const body = { metadata: { annotations: plan.annotations } };
    return deps.client.patch(ctx, replicaSets, keyOf(plan.set), "merge", body);
  }
  if (plan.do !== "create") return plan.set;
  try {
    const created = await deps.client.create(ctx, replicaSets, plan.set);
    const replicas = created.spec?.replicas ?? 0;
    if (replicas > 0) tellScaled(ctx, deps, deployment, created, 0, replicas);
    return created;
  } catch (error) {
    // Already made, the cache is behind: the next event brings it.
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}

async function setRevision(ctx: Context, deps: Deps, deployment: Deployment, revision: string): Promise<void> {
  if (deployment.metadata?.annotations?.[REVISION] === revision) return;
  await deps.client.patch(ctx, deployments, keyOf(deployment), "merge", {
    metadata: { annotations: { [REVISION]: revision } },
  });
}

async function scale(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  newReplicaSet: ReplicaSet,
  old: readonly ReplicaSet[],
): Promise<void> {
  for (const { set, replicas } of planScale(deployment, newReplicaSet, old)) {
    await deps.client.patch(ctx, replicaSets, keyOf(set), "merge", { spec: { replicas } });
    tellScaled(ctx, deps, deployment, set, set.spec?.replicas ?? 0, replicas);
  }
}

function tellScaled(ctx: Context, deps: Deps, deployment: Deployment, set: ReplicaSet, from: number, to: number): void {
  const direction = to > from ? "up" : "down";
  const message = `Scaled ${direction} replica set ${set.metadata?.name} from ${from} to ${to}`;
  deps.events.normal(ctx, deployment, "ScalingReplicaSet", message);
}

async function cleanHistory(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<void> {
  for (const set of surplusReplicaSets(deployment, old)) {
    const uid = set.metadata?.uid;
    await deps.client.deleteIfPresent(ctx, replicaSets, keyOf(set), uid === undefined ? {} : { uid });
  }
}

async function report(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  newReplicaSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Promise<Result> {
  const { status, requeueAfterMs } = deploymentStatus(deployment, newReplicaSet, old, deps.nowMs());
  if (!isDeepStrictEqual(status, deployment.status ?? {}))
    await deps.client.updateStatus(ctx, deployments, { ...deployment, status });
  return requeueAfterMs === undefined ? DONE : { requeueAfterMs };
}

/** Rolls ReplicaSets of a Deployment. Kubernetes: pkg/controller/deployment/deployment_controller.go */
import type { Deployment, ReplicaSet } from "kubernetes-types/apps/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { deployments, replicaSets } from "#machinery/builtin.ts";
import { controllerOf, controllerReference, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { shortHash } from "../pods.ts";
import { limits, planRecreate, planRolling, type Scale } from "./rollout.ts";
import { deploymentStatus } from "./status.ts";

const REVISION = "deployment.kubernetes.io/revision";
const HASH = "pod-template-hash";

export function deploymentController(deps: Deps): Controller {
  const informer = deps.informers.for(deployments);
  const sets = deps.informers.for(replicaSets);
  return {
    name: "deployment",
    workers: 5,
    watches: [watchFor(informer), watchOwned(sets, "Deployment")],
    reconcile: async (ctx, key): Promise<Result> => {
      const deployment = informer.store.get(key);
      if (deployment === undefined || deployment.metadata?.deletionTimestamp !== undefined) return DONE;
      const owned = sets.store.list(key.namespace).filter((set) => controllerOf(set)?.uid === deployment.metadata?.uid);
      const hash = templateHash(deployment);
      let fresh = owned.find((set) => sameTemplate(set, hash));
      const old = owned.filter((set) => set !== fresh);
      const isPaused = deployment.spec?.paused === true;
      if (fresh === undefined && !isPaused) {
        const revision = String(
          Math.max(0, ...owned.map((set) => Number(set.metadata?.annotations?.[REVISION] ?? 0))) + 1,
        );
        fresh = await createSet(ctx, deps, deployment, old, hash, revision);
        await setRevision(ctx, deps, deployment, revision);
        if (fresh === undefined) return { requeueAfterMs: 50 };
      } else if (fresh !== undefined && !isPaused) fresh = await bumpRevision(ctx, deps, deployment, fresh, old);
      await scaleAll(ctx, deps, deployment, fresh, old);
      if (!isPaused) await cleanHistory(ctx, deps, deployment, old);
      return report(ctx, deps, deployment, fresh, old);
    },
  };
}

function templateHash(deployment: Deployment): string {
  return shortHash([deployment.spec?.template, deployment.status?.collisionCount ?? 0]);
}

function sameTemplate(set: ReplicaSet, hash: string): boolean {
  return set.metadata?.labels?.[HASH] === hash;
}

async function createSet(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  old: readonly ReplicaSet[],
  hash: string,
  revision: string,
): Promise<ReplicaSet | undefined> {
  const { spec, metadata } = deployment;
  if (spec === undefined || metadata === undefined) return undefined;
  const labels = { ...spec.template.metadata?.labels, [HASH]: hash };
  const isRecreate = spec.strategy?.type === "Recreate";
  const total = old.reduce((count, set) => count + (set.spec?.replicas ?? 0), 0);
  const room = Math.max(0, (spec.replicas ?? 1) + limits(deployment).maxSurge - total);
  const replicas = isRecreate ? (total === 0 ? (spec.replicas ?? 1) : 0) : Math.min(spec.replicas ?? 1, room);
  const set: ReplicaSet = {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace ?? "default",
      labels,
      annotations: { ...copiedAnnotations(deployment), ...scaleAnnotations(deployment), [REVISION]: revision },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: spec.minReadySeconds ?? 0,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
  try {
    const created = await deps.client.create(ctx, replicaSets, set);
    if (replicas > 0) scaled(ctx, deps, deployment, created, 0, replicas);
    return created;
  } catch (error) {
    // Already made, the cache is behind: the next event brings it.
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}

function copiedAnnotations(deployment: Deployment): Record<string, string> {
  const skipped = ["kubectl.kubernetes.io/last-applied-configuration", REVISION, "deprecated.deployment.rollback.to"];
  const entries = Object.entries(deployment.metadata?.annotations ?? {}).filter(([key]) => !skipped.includes(key));
  return Object.fromEntries(entries);
}

function scaleAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec?.replicas ?? 1;
  return {
    "deployment.kubernetes.io/desired-replicas": String(replicas),
    "deployment.kubernetes.io/max-replicas": String(replicas + limits(deployment).maxSurge),
  };
}

/** A roll-back makes an old set the newest revision; what annotates the Deployment (the cause of the change) annotates it too. */
async function bumpRevision(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  fresh: ReplicaSet,
  old: readonly ReplicaSet[],
): Promise<ReplicaSet> {
  const newest = Math.max(0, ...old.map((set) => Number(set.metadata?.annotations?.[REVISION] ?? 0)));
  const own = Number(fresh.metadata?.annotations?.[REVISION] ?? 0);
  const revision = own > newest ? own : newest + 1;
  // After a roll-back the Deployment carries the annotations of the set it came from, the set keeps its own.
  const wanted = { ...copiedAnnotations(deployment), ...scaleAnnotations(deployment), [REVISION]: String(revision) };
  const stale = Object.entries(wanted).some(([key, value]) => fresh.metadata?.annotations?.[key] !== value);
  const next = stale
    ? await deps.client.patch(ctx, replicaSets, keyOf(fresh), "merge", { metadata: { annotations: wanted } })
    : fresh;
  await setRevision(ctx, deps, deployment, String(revision));
  return next;
}

async function setRevision(ctx: Context, deps: Deps, deployment: Deployment, revision: string): Promise<void> {
  if (deployment.metadata?.annotations?.[REVISION] === revision) return;
  await deps.client.patch(ctx, deployments, keyOf(deployment), "merge", {
    metadata: { annotations: { [REVISION]: revision } },
  });
}

async function scaleAll(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Promise<void> {
  if (fresh === undefined) return;
  const isRecreate = deployment.spec?.strategy?.type === "Recreate";
  const steps: Scale[] =
    deployment.spec?.paused === true
      ? pausedScale(deployment, fresh, old)
      : isRecreate
        ? planRecreate(deployment, fresh, old)
        : planRolling(deployment, fresh, old);
  for (const { set, replicas } of steps) {
    const before = set.spec?.replicas ?? 0;
    await deps.client.patch(ctx, replicaSets, keyOf(set), "merge", { spec: { replicas } });
    scaled(ctx, deps, deployment, set, before, replicas);
  }
}

/** A paused deployment still scales when it has one live set. */
function pausedScale(deployment: Deployment, fresh: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const live = [fresh, ...old].filter((set) => (set.spec?.replicas ?? 0) > 0);
  const [only] = live;
  const wanted = deployment.spec?.replicas ?? 1;
  return live.length === 1 && only !== undefined && only.spec?.replicas !== wanted
    ? [{ set: only, replicas: wanted }]
    : [];
}

function scaled(ctx: Context, deps: Deps, deployment: Deployment, set: ReplicaSet, from: number, to: number): void {
  const direction = to > from ? "up" : "down";
  deps.events.normal(
    ctx,
    deployment,
    "ScalingReplicaSet",
    `Scaled ${direction} replica set ${set.metadata?.name} from ${from} to ${to}`,
  );
}

async function cleanHistory(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  old: readonly ReplicaSet[],
): Promise<void> {
  const keep = deployment.spec?.revisionHistoryLimit ?? 10;
  const idle = old.filter((set) => (set.spec?.replicas ?? 0) === 0 && (set.status?.replicas ?? 0) === 0);
  const surplus = idle.length - keep;
  if (surplus <= 0) return;
  const revision = (set: ReplicaSet): number => Number(set.metadata?.annotations?.[REVISION] ?? 0);
  for (const set of [...idle].sort((a, b) => revision(a) - revision(b)).slice(0, surplus)) {
    const uid = set.metadata?.uid;
    await deps.client.deleteIfPresent(ctx, replicaSets, keyOf(set), uid === undefined ? {} : { uid });
  }
}

async function report(
  ctx: Context,
  deps: Deps,
  deployment: Deployment,
  fresh: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
): Promise<Result> {
  const { status, requeueAfterMs } = deploymentStatus(deployment, fresh, old, deps.nowMs());
  if (JSON.stringify(status) !== JSON.stringify(deployment.status ?? {})) {
    await deps.client.updateStatus(ctx, deployments, { ...deployment, status });
  }
  return requeueAfterMs === undefined ? DONE : { requeueAfterMs };
}

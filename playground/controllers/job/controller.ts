/** Runs pods of a Job to completion. Kubernetes: pkg/controller/job/job_controller.go */
import { isDeepStrictEqual } from "node:util";
import type { Job } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { jobs, pods } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";
import { Expectations } from "../expectations.ts";
import { controllerUid, uidOf } from "../indexes.ts";
import { podFromTemplate } from "../pods.ts";
import { indexedPod } from "./indexes.ts";
import { type JobPlan, type NewPod, planJob } from "./plan.ts";
import { jobStatus } from "./status.ts";
import { expiryMs, isFinished } from "./ttl.ts";

interface Sources {
  readonly jobs: Store<Job>;
  readonly podsByController: Index<Pod>;
  readonly podsByUid: Index<Pod>;
  readonly expectations: Expectations;
}

export function jobController(deps: Deps): Controller {
  const informer = deps.informers.for(jobs);
  const podInformer = deps.informers.for(pods);
  const sources: Sources = {
    jobs: informer.store,
    podsByController: podInformer.store.indexBy(controllerUid),
    podsByUid: podInformer.store.indexBy(uidOf),
    expectations: new Expectations(deps.nowMs),
  };
  return {
    name: "job",
    workers: 3,
    watches: [watchFor(informer), watchOwned(podInformer, "Job")],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const { expectations, podsByController, podsByUid } = sources;
  const job = sources.jobs.get(key);
  if (job === undefined) expectations.forget(formatKey(key));
  if (job === undefined || job.metadata?.deletionTimestamp !== undefined) return DONE;
  if (isFinished(job)) return expire(ctx, deps, job);
  const owned = podsByController.get(job.metadata?.uid ?? "");
  const plan = planJob(job, owned, deps.nowMs());
  if (!expectations.satisfied(formatKey(key), (uid) => podsByUid.get(uid)[0])) return DONE;
  await create(ctx, deps, job, plan.create, expectations);
  await stop(ctx, deps, job, plan.remove);
  return report(ctx, deps, job, owned, plan);
}

async function create(
  ctx: Context,
  deps: Deps,
  job: Job,
  wanted: readonly NewPod[],
  expectations: Expectations,
): Promise<void> {
  if (job.spec === undefined) return;
  for (const { index, failures } of wanted) {
    const forged = index === undefined ? podFromTemplate(job, job.spec.template) : indexedPod(job, index, failures);
    const pod = await deps.client.create(ctx, pods, forged);
    expectations.created(formatKey(keyOf(job)), pod.metadata?.uid ?? "");
    deps.events.normal(ctx, job, "SuccessfulCreate", `Created pod: ${pod.metadata?.name}`);
  }
}

async function stop(ctx: Context, deps: Deps, job: Job, active: readonly Pod[]): Promise<void> {
  for (const pod of active) {
    const uid = pod.metadata?.uid;
    await deps.client.deleteIfPresent(ctx, pods, keyOf(pod), uid === undefined ? {} : { uid });
    deps.events.normal(ctx, job, "SuccessfulDelete", `Deleted pod: ${pod.metadata?.name}`);
  }
}

async function report(ctx: Context, deps: Deps, job: Job, owned: readonly Pod[], plan: JobPlan): Promise<Result> {
  const status = jobStatus(job, owned, plan, deps.nowMs());
  if (!isDeepStrictEqual(status, job.status ?? {})) await deps.client.updateStatus(ctx, jobs, { ...job, status });
  const isNews = (type: string): boolean =>
    isConditionTrue(status.conditions, type) && !isConditionTrue(job.status?.conditions, type);
  if (isNews("Complete")) deps.events.normal(ctx, job, "Completed", "Job completed");
  if (isNews("Failed") && plan.outcome !== undefined)
    deps.events.warning(ctx, job, plan.outcome.reason, plan.outcome.message);
  if (isNews("Suspended")) deps.events.normal(ctx, job, "Suspended", "Job suspended");
  if (isConditionTrue(job.status?.conditions, "Suspended") && !isConditionTrue(status.conditions, "Suspended"))
    deps.events.normal(ctx, job, "Resumed", "Job resumed");
  return plan.requeueAfterMs === undefined ? DONE : { requeueAfterMs: plan.requeueAfterMs };
}

async function expire(ctx: Context, deps: Deps, job: Job): Promise<Result> {
  const endMs = expiryMs(job);
  if (endMs === undefined) return DONE;
  const leftMs = endMs - deps.nowMs();
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  await deps.client.deleteIfPresent(ctx, jobs, keyOf(job), { propagationPolicy: "Foreground" });
  return DONE;
}

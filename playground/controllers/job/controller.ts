/** Runs pods of a Job to completion. Kubernetes: pkg/controller/job/job_controller.go */
import type { Job, JobCondition } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { jobs, pods } from "#machinery/builtin.ts";
import { isConditionTrue, timestamp } from "#machinery/conditions.ts";
import { controllerOf, formatKey, keyOf } from "#machinery/meta.ts";
import { isActive, isReady } from "#machinery/pod.ts";
import type { Deps } from "../deps.ts";
import { Expectations } from "../expectations.ts";
import { podFromTemplate } from "../pods.ts";

export function jobController(deps: Deps): Controller {
  const informer = deps.informers.for(jobs);
  const podInformer = deps.informers.for(pods);
  const expectations = new Expectations(deps.nowMs);
  return {
    name: "job",
    workers: 3,
    watches: [watchFor(informer), watchOwned(podInformer, "Job")],
    reconcile: async (ctx, key): Promise<Result> => {
      const job = informer.store.get(key);
      if (job === undefined || job.metadata?.deletionTimestamp !== undefined) return DONE;
      if (isFinished(job)) return expire(ctx, deps, job);
      const all = podInformer.store.list(key.namespace);
      const byUid = new Set(all.map((pod) => pod.metadata?.uid ?? ""));
      const owned = all.filter((pod) => controllerOf(pod)?.uid === job.metadata?.uid);
      const plan = planJob(job, owned, deps.nowMs());
      if (
        !expectations.satisfied(
          formatKey(key),
          (uid) => byUid.has(uid),
          (uid) => byUid.has(uid),
        )
      )
        return DONE;
      if (plan.outcome === undefined) await create(ctx, deps, job, plan.create, expectations);
      else if (plan.outcome.type === "Failed") await stop(ctx, deps, owned.filter(isActive));
      return report(ctx, deps, job, owned, plan);
    },
  };
}

export interface JobPlan {
  readonly create: number;
  readonly outcome?: { readonly type: "Complete" | "Failed"; readonly reason: string; readonly message: string };
  /** When the deadline or the back-off must be looked at again. */
  readonly requeueAfterMs?: number;
}

// Kubernetes: DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff
const BACKOFF_BASE_MS = 10_000;
const BACKOFF_MAX_MS = 600_000;

export function planJob(job: Job, owned: readonly Pod[], nowMs: number): JobPlan {
  const spec = job.spec;
  const succeeded = owned.filter((pod) => pod.status?.phase === "Succeeded").length;
  const failed = owned.filter((pod) => pod.status?.phase === "Failed");
  const active = owned.filter(isActive).length;
  const parallelism = spec?.parallelism ?? 1;
  const deadlineMs = spec?.activeDeadlineSeconds === undefined ? undefined : spec.activeDeadlineSeconds * 1000;
  const runMs = job.status?.startTime === undefined ? 0 : nowMs - Date.parse(job.status.startTime);
  if (deadlineMs !== undefined && runMs >= deadlineMs) {
    return {
      create: 0,
      outcome: { type: "Failed", reason: "DeadlineExceeded", message: "Job was active longer than specified deadline" },
    };
  }
  if (failed.length > (spec?.backoffLimit ?? 6)) {
    return {
      create: 0,
      outcome: {
        type: "Failed",
        reason: "BackoffLimitExceeded",
        message: "Job has reached the specified backoff limit",
      },
    };
  }
  const isDone = spec?.completions === undefined ? succeeded > 0 && active === 0 : succeeded >= spec.completions;
  if (isDone)
    return {
      create: 0,
      outcome: { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" },
    };
  if (spec?.suspend === true) return { create: 0 };
  const missing = spec?.completions === undefined ? parallelism : spec.completions - succeeded;
  const create = Math.max(0, Math.min(parallelism, missing) - active);
  const waitMs = backoffMs(failed, nowMs);
  if (create > 0 && waitMs > 0) return { create: 0, requeueAfterMs: waitMs };
  return { create, ...(deadlineMs !== undefined && { requeueAfterMs: deadlineMs - runMs }) };
}

function backoffMs(failed: readonly Pod[], nowMs: number): number {
  if (failed.length === 0) return 0;
  const ends = failed.flatMap((pod) =>
    (pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? "")),
  );
  const last = Math.max(...ends.filter((end) => !Number.isNaN(end)), 0);
  return last + Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (failed.length - 1)) - nowMs;
}

function isFinished(job: Job): boolean {
  return isConditionTrue(job.status?.conditions, "Complete") || isConditionTrue(job.status?.conditions, "Failed");
}

async function create(ctx: Context, deps: Deps, job: Job, count: number, expectations: Expectations): Promise<void> {
  if (job.spec === undefined) return;
  for (let i = 0; i < count; i++) {
    const pod = await deps.client.create(ctx, pods, podFromTemplate(job, job.spec.template));
    expectations.created(formatKey(keyOf(job)), pod.metadata?.uid ?? "");
    deps.events.normal(ctx, job, "SuccessfulCreate", `Created pod: ${pod.metadata?.name}`);
  }
}

async function stop(ctx: Context, deps: Deps, active: readonly Pod[]): Promise<void> {
  for (const pod of active) await deps.client.deleteIfPresent(ctx, pods, keyOf(pod));
}

async function report(ctx: Context, deps: Deps, job: Job, owned: readonly Pod[], plan: JobPlan): Promise<Result> {
  const now = timestamp(deps.nowMs());
  const active = owned.filter(isActive).length + plan.create;
  const succeeded = owned.filter((pod) => pod.status?.phase === "Succeeded").length;
  const failed = owned.filter((pod) => pod.status?.phase === "Failed").length;
  const { outcome } = plan;
  const conditions: JobCondition[] | undefined =
    outcome === undefined
      ? job.status?.conditions
      : [
          {
            type: outcome.type,
            status: "True",
            reason: outcome.reason,
            message: outcome.message,
            lastProbeTime: now,
            lastTransitionTime: now,
          },
        ];
  const status = {
    startTime: job.status?.startTime ?? now,
    ...(active > 0 && outcome === undefined && { active }),
    ...(succeeded > 0 && { succeeded }),
    ...(failed > 0 && { failed }),
    ready: owned.filter((pod) => isActive(pod) && isReady(pod)).length,
    ...(conditions !== undefined && { conditions }),
    ...(outcome?.type === "Complete" && { completionTime: now }),
  };
  if (JSON.stringify(status) !== JSON.stringify(job.status ?? {}))
    await deps.client.updateStatus(ctx, jobs, { ...job, status });
  if (outcome?.type === "Complete") deps.events.normal(ctx, job, "Completed", "Job completed");
  if (outcome?.type === "Failed") deps.events.warning(ctx, job, outcome.reason, outcome.message);
  return plan.requeueAfterMs === undefined ? DONE : { requeueAfterMs: plan.requeueAfterMs };
}

/** ttlSecondsAfterFinished. Kubernetes: pkg/controller/ttlafterfinished */
async function expire(ctx: Context, deps: Deps, job: Job): Promise<Result> {
  const ttl = job.spec?.ttlSecondsAfterFinished;
  const end = job.status?.conditions?.[0]?.lastTransitionTime;
  if (ttl === undefined || end === undefined) return DONE;
  const leftMs = Date.parse(end) + ttl * 1000 - deps.nowMs();
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  await deps.client.deleteIfPresent(ctx, jobs, keyOf(job), { propagationPolicy: "Foreground" });
  return DONE;
}

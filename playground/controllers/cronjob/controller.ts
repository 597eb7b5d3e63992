/** Starts Jobs on a schedule. Kubernetes: pkg/controller/cronjob/cronjob_controllerv2.go */
import type { CronJob, CronJobStatus, Job } from "kubernetes-types/batch/v1";
import type { ObjectReference } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { cronJobs, jobs } from "#machinery/builtin.ts";
import { isConditionTrue, timestamp } from "#machinery/conditions.ts";
import { controllerOf, controllerReference, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { latestTime, nextTime, parseCron } from "./schedule.ts";

const SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";
// Timers may fire a little early; upstream waits this much longer as well (nextScheduleDelta).
const SLACK_MS = 100;
// Longer timers are not kept: the controller looks again.
const MAX_WAIT_MS = 3_600_000;

export function cronJobController(deps: Deps): Controller {
  const informer = deps.informers.for(cronJobs);
  const jobInformer = deps.informers.for(jobs);
  return {
    name: "cronjob",
    workers: 2,
    watches: [watchFor(informer), watchOwned(jobInformer, "CronJob")],
    reconcile: async (ctx, key): Promise<Result> => {
      const cron = informer.store.get(key);
      if (cron === undefined || cron.metadata?.deletionTimestamp !== undefined) return DONE;
      const owned = jobInformer.store
        .list(key.namespace)
        .filter(
          (job) => controllerOf(job)?.uid === cron.metadata?.uid && job.metadata?.deletionTimestamp === undefined,
        );
      const status = tellFinished(ctx, deps, cron, owned);
      const plan = planCron({ ...cron, status }, deps.nowMs());
      await act(ctx, deps, { cron, status, owned, plan });
      await cleanHistory(ctx, deps, cron, owned);
      if (JSON.stringify(status) !== JSON.stringify(cron.status ?? {}))
        await deps.client.updateStatus(ctx, cronJobs, { ...cron, status });
      return plan.nextMs === undefined ? DONE : { requeueAfterMs: Math.min(plan.nextMs + SLACK_MS, MAX_WAIT_MS) };
    },
  };
}

export interface CronPlan {
  /** The time that a Job is due for. */
  readonly dueMs?: number;
  readonly do: "nothing" | "create" | "replace" | "skip" | "miss" | "refuse";
  /** From now until the schedule comes next. */
  readonly nextMs?: number;
}

export function planCron(cron: CronJob, nowMs: number): CronPlan {
  const { spec, status, metadata } = cron;
  const schedule = parseCron(spec?.schedule ?? "");
  if (schedule === undefined) return { do: "refuse" };
  if (spec?.suspend === true) return { do: "nothing" };
  const deadlineMs = spec?.startingDeadlineSeconds === undefined ? undefined : spec.startingDeadlineSeconds * 1000;
  const lastMs = Date.parse(status?.lastScheduleTime ?? metadata?.creationTimestamp ?? "");
  const next = nextTime(schedule, nowMs, spec?.timeZone);
  const wait = next === undefined ? {} : { nextMs: next - nowMs };
  const dueMs = latestTime(schedule, lastMs, nowMs, spec?.timeZone);
  if (dueMs === undefined) return { do: "nothing", ...wait };
  if (deadlineMs !== undefined && dueMs + deadlineMs < nowMs) return { do: "miss", dueMs, ...wait };
  const isActive = (status?.active ?? []).length > 0;
  if (isActive && spec?.concurrencyPolicy === "Forbid") return { do: "skip", dueMs, ...wait };
  return { do: isActive && spec?.concurrencyPolicy === "Replace" ? "replace" : "create", dueMs, ...wait };
}

/** The status with what has ended taken out of `active`. */
function tellFinished(ctx: Context, deps: Deps, cron: CronJob, owned: readonly Job[]): CronJobStatus {
  const byUid = new Map(owned.map((job) => [job.metadata?.uid, job]));
  const active: ObjectReference[] = [];
  let lastSuccessfulTime = cron.status?.lastSuccessfulTime;
  for (const reference of cron.status?.active ?? []) {
    const job = byUid.get(reference.uid);
    const ended = job === undefined ? undefined : endOf(job);
    if (job !== undefined && ended === undefined) active.push(reference);
    if (ended === undefined) continue;
    const message = `Saw completed job: ${reference.name}, condition: ${ended}`;
    deps.events.normal(ctx, cron, "SawCompletedJob", message);
  }
  for (const { status } of owned) {
    const time = status?.completionTime;
    if (time !== undefined && (lastSuccessfulTime === undefined || time > lastSuccessfulTime))
      lastSuccessfulTime = time;
  }
  const { lastScheduleTime } = cron.status ?? {};
  return {
    ...(active.length > 0 && { active }),
    ...(lastScheduleTime !== undefined && { lastScheduleTime }),
    ...(lastSuccessfulTime !== undefined && { lastSuccessfulTime }),
  };
}

interface Scene {
  readonly cron: CronJob;
  readonly status: CronJobStatus;
  readonly owned: readonly Job[];
  readonly plan: CronPlan;
}

async function act(ctx: Context, deps: Deps, { cron, status, owned, plan }: Scene): Promise<void> {
  const { dueMs } = plan;
  if (plan.do === "refuse")
    deps.events.warning(ctx, cron, "UnparseableSchedule", `unparseable schedule: ${cron.spec?.schedule}`);
  if (dueMs === undefined) return;
  if (plan.do === "miss") {
    deps.events.warning(ctx, cron, "MissSchedule", `Missed scheduled time to start a job: ${timestamp(dueMs)}`);
  }
  if (plan.do === "skip") {
    const why = "Not starting job because prior execution is running and concurrency policy is Forbid";
    deps.events.normal(ctx, cron, "JobAlreadyActive", why);
  }
  if (plan.do === "replace") {
    const running = new Set((status.active ?? []).map(({ uid }) => uid));
    for (const job of owned.filter(({ metadata }) => running.has(metadata?.uid))) await remove(ctx, deps, cron, job);
    status.active = [];
  }
  if (plan.do !== "create" && plan.do !== "replace") return;
  const job = await create(ctx, deps, cron, dueMs);
  status.lastScheduleTime = timestamp(dueMs);
  if (job === undefined) return;
  const { name, namespace, uid, resourceVersion } = job.metadata ?? {};
  const reference = { kind: "Job", apiVersion: "batch/v1", name, namespace, uid, resourceVersion } as ObjectReference;
  status.active = [...(status.active ?? []), reference];
}

/** Undefined when the Job of this time is there already. */
async function create(ctx: Context, deps: Deps, cron: CronJob, dueMs: number): Promise<Job | undefined> {
  const template = cron.spec?.jobTemplate;
  const job: Job = {
    metadata: {
      // The same time gives the same name: a repetition after a crash cannot start a second Job.
      name: `${cron.metadata?.name}-${Math.floor(dueMs / 60_000)}`,
      namespace: cron.metadata?.namespace ?? "default",
      ...(template?.metadata?.labels !== undefined && { labels: template.metadata.labels }),
      annotations: { ...template?.metadata?.annotations, [SCHEDULED_AT]: timestamp(dueMs) },
      ownerReferences: [controllerReference({ apiVersion: "batch/v1", kind: "CronJob", ...cron })],
    },
    ...(template?.spec !== undefined && { spec: template.spec }),
  };
  try {
    const created = await deps.client.create(ctx, jobs, job);
    deps.events.normal(ctx, cron, "SuccessfulCreate", `Created job ${created.metadata?.name}`);
    return created;
  } catch (error) {
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}

async function remove(ctx: Context, deps: Deps, cron: CronJob, job: Job): Promise<void> {
  await deps.client.deleteIfPresent(ctx, jobs, keyOf(job), { propagationPolicy: "Background" });
  deps.events.normal(ctx, cron, "SuccessfulDelete", `Deleted job ${job.metadata?.name}`);
}

async function cleanHistory(ctx: Context, deps: Deps, cron: CronJob, owned: readonly Job[]): Promise<void> {
  for (const [condition, keep] of [
    ["Complete", cron.spec?.successfulJobsHistoryLimit ?? 3],
    ["Failed", cron.spec?.failedJobsHistoryLimit ?? 1],
  ] as const) {
    const ended = owned
      .filter((job) => endOf(job) === condition)
      .sort((a, b) => ((a.status?.startTime ?? "") < (b.status?.startTime ?? "") ? -1 : 1));
    for (const job of ended.slice(0, Math.max(0, ended.length - keep))) await remove(ctx, deps, cron, job);
  }
}

function endOf({ status }: Job): "Complete" | "Failed" | undefined {
  return (["Complete", "Failed"] as const).find((type) => isConditionTrue(status?.conditions, type));
}

/** Starts Jobs on a schedule. Kubernetes: pkg/controller/cronjob/cronjob_controllerv2.go */
import { isDeepStrictEqual } from "node:util";
import type { CronJob, CronJobStatus, Job } from "kubernetes-types/batch/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { cronJobs, jobs } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { controllerUid } from "../indexes.ts";
import { type CronPlan, forgeJob, planCron, surplusJobs } from "./plan.ts";
import { observeJobs, statusAfter } from "./status.ts";

// Timers may fire a little early; upstream waits this much longer as well (nextScheduleDelta).
const SLACK_MS = 100;
// Longer timers are not kept: the controller looks again.
const MAX_WAIT_MS = 3_600_000;

interface Sources {
  readonly cronJobs: Store<CronJob>;
  readonly jobsByController: Index<Job>;
}

export function cronJobController(deps: Deps): Controller {
  const informer = deps.informers.for(cronJobs);
  const jobInformer = deps.informers.for(jobs);
  const sources: Sources = {
    cronJobs: informer.store,
    jobsByController: jobInformer.store.indexBy(controllerUid),
  };
  return {
    name: "cronjob",
    workers: 2,
    watches: [watchFor(informer), watchOwned(jobInformer, "CronJob")],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const cron = sources.cronJobs.get(key);
  if (cron === undefined || cron.metadata?.deletionTimestamp !== undefined) return DONE;
  const owned = sources.jobsByController
    .get(cron.metadata?.uid ?? "")
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const { status, ended } = observeJobs(cron, owned);
  for (const { name, outcome } of ended)
    deps.events.normal(ctx, cron, "SawCompletedJob", `Saw completed job: ${name}, condition: ${outcome}`);
  const plan = planCron({ ...cron, status }, deps.nowMs());
  const next = await act(ctx, deps, { cron, status, owned, plan });
  for (const job of surplusJobs(cron, owned)) await remove(ctx, deps, cron, job);
  if (!isDeepStrictEqual(next, cron.status ?? {}))
    await deps.client.updateStatus(ctx, cronJobs, { ...cron, status: next });
  return plan.nextMs === undefined ? DONE : { requeueAfterMs: Math.min(plan.nextMs + SLACK_MS, MAX_WAIT_MS) };
}

interface Scene {
  readonly cron: CronJob;
  readonly status: CronJobStatus;
  readonly owned: readonly Job[];
  readonly plan: CronPlan;
}

/** The status afterwards. */
async function act(ctx: Context, deps: Deps, { cron, status, owned, plan }: Scene): Promise<CronJobStatus> {
  tell(ctx, deps, cron, plan);
  if (plan.dueMs === undefined || (plan.do !== "create" && plan.do !== "replace")) return status;
  if (plan.do === "create") return statusAfter(status, plan.dueMs, await create(ctx, deps, cron, plan.dueMs));
  const running = new Set((status.active ?? []).map(({ uid }) => uid));
  for (const job of owned.filter(({ metadata }) => running.has(metadata?.uid))) await remove(ctx, deps, cron, job);
  const { active: _replaced, ...rest } = status;
  return statusAfter(rest, plan.dueMs, await create(ctx, deps, cron, plan.dueMs));
}

/** Why nothing is begun. */
function tell(ctx: Context, deps: Deps, cron: CronJob, plan: CronPlan): void {
  if (plan.do === "refuse")
    deps.events.warning(ctx, cron, "UnparseableSchedule", `unparseable schedule: ${cron.spec?.schedule}`);
  if (plan.do === "miss" && plan.dueMs !== undefined) {
    const message = `Missed scheduled time to start a job: ${timestamp(plan.dueMs)}`;
    deps.events.warning(ctx, cron, "MissSchedule", message);
  }
  if (plan.do === "skip") {
    const why = "Not starting job because prior execution is running and concurrency policy is Forbid";
    deps.events.normal(ctx, cron, "JobAlreadyActive", why);
  }
}

/** Undefined when the Job of this time is there already. */
async function create(ctx: Context, deps: Deps, cron: CronJob, dueMs: number): Promise<Job | undefined> {
  try {
    const created = await deps.client.create(ctx, jobs, forgeJob(cron, dueMs));
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

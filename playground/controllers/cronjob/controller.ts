/** Starts Jobs on a schedule. Kubernetes: pkg/controller/cronjob/cronjob_controllerv2.go */
import { isDeepStrictEqual } from "node:util";
import type { CronJob, CronJobStatus, Job } from "kubernetes-types/batch/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { cronJobs, jobs } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { controllerOf, keyOf, type ObjectKey } from "#machinery/meta.ts";
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
  const owned = sources.jobsByController.get(cron.metadata?.uid ?? "");
  const missing = await findMissing(ctx, deps, cron, owned);
  const { status, ended } = observeJobs(cron, owned, missing);
  for (const { name, outcome } of ended)
    deps.events.normal(ctx, cron, "SawCompletedJob", `Saw completed job: ${name}, condition: ${outcome}`);
  const plan = planCron({ ...cron, status }, deps.nowMs());
  const next = await act(ctx, deps, { cron, status, owned, plan });
  const kept = owned.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  for (const job of surplusJobs(cron, kept)) await remove(ctx, deps, cron, job);
  if (!isDeepStrictEqual(next, cron.status ?? {}))
    await deps.client.updateStatus(ctx, cronJobs, { ...cron, status: next });
  return plan.nextMs === undefined ? DONE : { requeueAfterMs: Math.min(plan.nextMs + SLACK_MS, MAX_WAIT_MS) };
}

/** The uids of active Jobs that are gone: the cache may be behind, only the server's answer counts. */
async function findMissing(ctx: Context, deps: Deps, cron: CronJob, owned: readonly Job[]): Promise<Set<string>> {
  const seen = new Set(owned.map(({ metadata }) => metadata?.uid));
  const missing = new Set<string>();
  for (const { name = "", namespace = "", uid = "" } of cron.status?.active ?? []) {
    if (seen.has(uid)) continue;
    const job = await deps.client.find(ctx, jobs, { namespace, name });
    if (job?.metadata?.uid === uid) continue;
    missing.add(uid);
    deps.events.normal(ctx, cron, "MissingJob", `Active job went missing: ${name}`);
  }
  return missing;
}

interface Scene {
  readonly cron: CronJob;
  readonly status: CronJobStatus;
  readonly owned: readonly Job[];
  readonly plan: CronPlan;
}

/** The status afterwards. */
async function act(ctx: Context, deps: Deps, { cron, status, owned, plan }: Scene): Promise<CronJobStatus> {
  recordEvents(ctx, deps, cron, plan);
  if (plan.dueMs === undefined || (plan.do !== "create" && plan.do !== "replace")) return status;
  if (plan.do === "create") return statusAfter(status, plan.dueMs, await create(ctx, deps, cron, plan.dueMs));
  const running = new Set((status.active ?? []).map(({ uid }) => uid));
  for (const job of owned.filter(({ metadata }) => running.has(metadata?.uid))) await remove(ctx, deps, cron, job);
  const { active: _replaced, ...rest } = status;
  return statusAfter(rest, plan.dueMs, await create(ctx, deps, cron, plan.dueMs));
}

/** Why nothing is begun. */
function recordEvents(ctx: Context, deps: Deps, cron: CronJob, plan: CronPlan): void {
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

/** Undefined when somebody else has made a Job of this name. */
async function create(ctx: Context, deps: Deps, cron: CronJob, dueMs: number): Promise<Job | undefined> {
  const job = forgeJob(cron, dueMs);
  try {
    const created = await deps.client.create(ctx, jobs, job);
    deps.events.normal(ctx, cron, "SuccessfulCreate", `Created job ${created.metadata?.name}`);
    return created;
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    // Ours, if the status was not written after it: then it has to be done now.
    const found = await deps.client.find(ctx, jobs, keyOf(job));
    return found !== undefined && controllerOf(found)?.uid === cron.metadata?.uid ? found : undefined;
  }
}

async function remove(ctx: Context, deps: Deps, cron: CronJob, job: Job): Promise<void> {
  await deps.client.deleteIfPresent(ctx, jobs, keyOf(job), { propagationPolicy: "Background" });
  deps.events.normal(ctx, cron, "SuccessfulDelete", `Deleted job ${job.metadata?.name}`);
}

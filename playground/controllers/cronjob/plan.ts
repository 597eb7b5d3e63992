/** Whether a CronJob's time has come, and which of its Jobs are too many. Kubernetes: pkg/controller/cronjob/{cronjob_controllerv2,utils}.go */
import type { CronJob, Job } from "kubernetes-types/batch/v1";
import { isConditionTrue, timestamp } from "#machinery/conditions.ts";
import { controllerReference } from "#machinery/meta.ts";
import { latestTime, nextTime, parseCron } from "./schedule.ts";

const SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp";

export interface CronPlan {
  /** The time that a Job is due for. */
  readonly dueMs?: number;
  readonly do: "nothing" | "create" | "replace" | "skip" | "miss" | "refuse";
  /** From now until the schedule comes next. */
  readonly nextMs?: number;
}

/** `status.active` of the CronJob is taken at its word. */
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

/** The Job of one time. */
export function forgeJob(cron: CronJob, dueMs: number): Job {
  const template = cron.spec?.jobTemplate;
  return {
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
}

/** Ended Jobs beyond the history limits, the oldest of each outcome. */
export function surplusJobs({ spec }: CronJob, owned: readonly Job[]): Job[] {
  const limits = [
    ["Complete", spec?.successfulJobsHistoryLimit ?? 3],
    ["Failed", spec?.failedJobsHistoryLimit ?? 1],
  ] as const;
  return limits.flatMap(([outcome, limit]) => {
    const ended = owned
      .filter((job) => outcomeOf(job) === outcome)
      .sort((a, b) => ((a.status?.startTime ?? "") < (b.status?.startTime ?? "") ? -1 : 1));
    return ended.slice(0, Math.max(0, ended.length - limit));
  });
}

export function outcomeOf({ status }: Job): "Complete" | "Failed" | undefined {
  return (["Complete", "Failed"] as const).find((type) => isConditionTrue(status?.conditions, type));
}

/** The status of a CronJob. Kubernetes: pkg/controller/cronjob/cronjob_controllerv2.go (syncCronJob) */
import type { CronJob, CronJobStatus, Job } from "kubernetes-types/batch/v1";
import type { ObjectReference } from "kubernetes-types/core/v1";
import { timestamp } from "#machinery/conditions.ts";
import { outcomeOf } from "./plan.ts";

export interface Observed {
  /** With what has ended, or is gone, taken out of `active`. */
  readonly status: CronJobStatus;
  /** What was active and has ended. */
  readonly ended: readonly { readonly name: string; readonly outcome: "Complete" | "Failed" }[];
}

/** `missing`: uids of Jobs that are known to be gone; what is merely not among `owned` may not have been seen yet. */
export function observeJobs(cron: CronJob, owned: readonly Job[], missing: ReadonlySet<string>): Observed {
  const byUid = new Map(owned.map((job) => [job.metadata?.uid, job]));
  const active: ObjectReference[] = [];
  const ended: { name: string; outcome: "Complete" | "Failed" }[] = [];
  for (const reference of cron.status?.active ?? []) {
    const job = byUid.get(reference.uid);
    const outcome = job === undefined ? undefined : outcomeOf(job);
    if (outcome !== undefined) ended.push({ name: reference.name ?? "", outcome });
    else if (!missing.has(reference.uid ?? "")) active.push(reference);
  }
  const { lastScheduleTime, lastSuccessfulTime } = cron.status ?? {};
  const completions = owned.flatMap(({ status }) => status?.completionTime ?? []);
  const latest = [lastSuccessfulTime, ...completions]
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return {
    status: {
      ...(active.length > 0 && { active }),
      ...(lastScheduleTime !== undefined && { lastScheduleTime }),
      ...(latest !== undefined && { lastSuccessfulTime: latest }),
    },
    ended,
  };
}

/** The status after the Job of a time was begun; undefined: it is somebody else's. */
export function statusAfter(status: CronJobStatus, dueMs: number, job: Job | undefined): CronJobStatus {
  const { active: before = [], ...rest } = status;
  const isListed = before.some(({ uid }) => uid === job?.metadata?.uid);
  const active = job === undefined || isListed ? before : [...before, referenceTo(job)];
  return { ...(active.length > 0 && { active }), ...rest, lastScheduleTime: timestamp(dueMs) };
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { name = "", namespace = "", uid = "", resourceVersion = "" } = metadata ?? {};
  return { kind: "Job", apiVersion: "batch/v1", name, namespace, uid, resourceVersion };
}

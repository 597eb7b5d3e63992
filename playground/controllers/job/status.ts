/** The status of a Job. Kubernetes: pkg/controller/job/job_controller.go (enactJobFinished, delayTerminalCondition) */
import type { Job, JobCondition, JobStatus } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isConditionTrue, timestamp } from "#machinery/conditions.ts";
import { isActive, isReady, isTerminal, isTerminating } from "#machinery/pod.ts";
import { formatIndexes } from "./indexes.ts";
import type { JobPlan } from "./plan.ts";

export function jobStatus(job: Job, owned: readonly Pod[], plan: JobPlan, nowMs: number): JobStatus {
  const now = timestamp(nowMs);
  const { outcome, succeeded, failed, completed, failedIndexes } = plan;
  const removed = new Set(plan.remove);
  const running = owned.filter((pod) => isActive(pod) && !removed.has(pod));
  const active = running.length + plan.create.length;
  const terminating = owned.filter((pod) => (isTerminating(pod) || removed.has(pod)) && !isTerminal(pod)).length;
  const isSuspended = job.spec?.suspend === true && outcome === undefined;
  // With pods that still end, what is decided is told and the Job is not over.
  const isOver = outcome !== undefined && active === 0 && terminating === 0;
  const conditions = conditionsOf(job, plan, isOver, now);
  const startTime = isSuspended ? undefined : (job.status?.startTime ?? now);
  return {
    ...(startTime !== undefined && { startTime }),
    ...(active > 0 && { active }),
    ...(succeeded > 0 && { succeeded }),
    ...(failed > 0 && { failed }),
    terminating,
    ready: running.filter(isReady).length,
    ...(completed !== undefined && completed.size > 0 && { completedIndexes: formatIndexes(completed) }),
    ...(failedIndexes !== undefined && { failedIndexes: formatIndexes(failedIndexes) }),
    ...(conditions.length > 0 && { conditions }),
    ...(isOver && outcome.type === "Complete" && { completionTime: now }),
  };
}

function conditionsOf(job: Job, { outcome }: JobPlan, isOver: boolean, now: string): JobCondition[] {
  const wanted: Pick<JobCondition, "type" | "status" | "reason" | "message">[] = [];
  const wasSuspended = isConditionTrue(job.status?.conditions, "Suspended");
  if (outcome === undefined && job.spec?.suspend === true)
    wanted.push({ type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" });
  else if (outcome === undefined && wasSuspended)
    wanted.push({ type: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" });
  if (outcome !== undefined) {
    const { type, reason, message } = outcome;
    const sign = type === "Failed" ? "FailureTarget" : "SuccessCriteriaMet";
    wanted.push({ type: sign, status: "True", reason, message });
    if (isOver) wanted.push({ type, status: "True", reason, message });
  }
  let conditions = [...(job.status?.conditions ?? [])];
  for (const condition of wanted) {
    const before = conditions.find(({ type }) => type === condition.type);
    if (before?.status === condition.status) continue;
    const next = { ...condition, lastProbeTime: now, lastTransitionTime: now };
    conditions =
      before === undefined ? [...conditions, next] : conditions.map((each) => (each === before ? next : each));
  }
  return conditions;
}

/** What the pods of a Job have come to. Kubernetes: pkg/controller/job/job_controller.go (newJobSyncContext), indexed_job_utils.go */
import type { Job, JobSpec } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isActive } from "#machinery/pod.ts";
import { type Verdict, verdictOn } from "./failure-policy.ts";
import { failuresBefore, indexOf, parseIndexes } from "./indexes.ts";

export interface Tally {
  readonly job: Job;
  readonly spec: JobSpec | undefined;
  readonly owned: readonly Pod[];
  readonly active: readonly Pod[];
  /** Failed pods, each with what the failure policy says of it. */
  readonly failures: readonly { readonly pod: Pod; readonly verdict: Verdict }[];
  readonly counted: readonly Pod[];
  readonly completed: Set<number> | undefined;
  readonly failedIndexes: Set<number> | undefined;
  readonly succeeded: number;
}

export function tallyOf(job: Job, owned: readonly Pod[]): Tally {
  const { spec, status } = job;
  const completions = spec?.completions ?? 0;
  const isIndexed = spec?.completionMode === "Indexed";
  const failures = owned
    .filter((pod) => pod.status?.phase === "Failed")
    .map((pod) => ({ pod, verdict: verdictOn(pod, spec?.podFailurePolicy) }));
  const done = owned.filter((pod) => pod.status?.phase === "Succeeded");
  const completed = isIndexed ? parseIndexes(status?.completedIndexes, completions) : undefined;
  for (const pod of done) addIndex(completed, pod, completions);
  const limit = spec?.backoffLimitPerIndex;
  const failedIndexes = isIndexed && limit !== undefined ? parseIndexes(status?.failedIndexes, completions) : undefined;
  for (const { pod, verdict } of failures) {
    const isLast = verdict.action === "FailIndex" || failuresBefore(pod).counted >= (limit ?? 0);
    if (verdict.action !== "Ignore" && isLast) addIndex(failedIndexes, pod, completions);
  }
  return {
    job,
    spec,
    owned,
    active: owned.filter(isActive),
    failures,
    counted: failures.flatMap(({ pod, verdict }) => (verdict.action === "Ignore" ? [] : [pod])),
    completed,
    failedIndexes,
    succeeded: completed?.size ?? done.length,
  };
}

function addIndex(indexes: Set<number> | undefined, pod: Pod, completions: number): void {
  const index = indexOf(pod);
  if (index !== undefined && index < completions) indexes?.add(index);
}

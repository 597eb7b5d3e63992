/** What a Job does next, as a pure decision. Kubernetes: pkg/controller/job/{job_controller,backoff_utils,success_policy}.go */
import type { Job, JobSpec } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { findCondition } from "#machinery/conditions.ts";
import { isTerminal, isTerminating } from "#machinery/pod.ts";
import { failuresBefore, type IndexFailures, indexOf, parseIndexes } from "./indexes.ts";
import { type Tally, tallyOf } from "./tally.ts";

export interface Outcome {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

/** A pod to make; of an Indexed Job for which index, and after how many failures where these are counted. */
export interface NewPod {
  readonly index?: number;
  readonly failures?: IndexFailures | undefined;
}

export interface JobPlan {
  readonly create: readonly NewPod[];
  readonly remove: readonly Pod[];
  readonly outcome?: Outcome;
  readonly succeeded: number;
  readonly failed: number;
  /** Of Indexed Jobs. */
  readonly completed?: ReadonlySet<number>;
  /** Of Jobs with a back-off limit per index. */
  readonly failedIndexes?: ReadonlySet<number>;
  /** When the deadline or the back-off must be looked at again. */
  readonly requeueAfterMs?: number;
}

// Kubernetes: DefaultJobPodFailureBackOff, MaxJobPodFailureBackOff
const BACKOFF_BASE_MS = 10_000;
const BACKOFF_MAX_MS = 600_000;

export function planJob(job: Job, owned: readonly Pod[], nowMs: number): JobPlan {
  const tally = tallyOf(job, owned);
  const { spec, active, completed, failedIndexes, succeeded } = tally;
  const runMs = job.status?.startTime === undefined ? 0 : nowMs - Date.parse(job.status.startTime);
  const outcome = decided(job) ?? outcomeOf(tally, runMs);
  const base = {
    succeeded,
    failed: tally.counted.length,
    ...(completed !== undefined && { completed }),
    ...(failedIndexes !== undefined && { failedIndexes }),
  };
  if (outcome !== undefined) return { ...base, create: [], remove: active, outcome };
  if (spec?.suspend === true) return { ...base, create: [], remove: active };
  const deadlineMs = spec?.activeDeadlineSeconds === undefined ? undefined : spec.activeDeadlineSeconds * 1000 - runMs;
  const next = completed === undefined ? planPlain(tally, nowMs) : planIndexed(tally, completed, nowMs);
  const waits = [deadlineMs, next.waitMs].filter((ms) => ms !== undefined);
  return {
    ...base,
    create: next.create,
    remove: next.remove,
    ...(waits.length > 0 && { requeueAfterMs: Math.max(0, Math.min(...waits)) }),
  };
}

/** What was decided before stays so while the last pods end. */
function decided({ status }: Job): Outcome | undefined {
  for (const [sign, type] of [
    ["FailureTarget", "Failed"],
    ["SuccessCriteriaMet", "Complete"],
  ] as const) {
    const found = findCondition(status?.conditions, sign);
    if (found?.status === "True") return { type, reason: found.reason ?? "", message: found.message ?? "" };
  }
  return undefined;
}

function outcomeOf(tally: Tally, runMs: number): Outcome | undefined {
  const { spec, failures, counted } = tally;
  const fatal = failures.find(({ verdict }) => verdict.action === "FailJob");
  if (fatal !== undefined) return failed("PodFailurePolicy", fatal.verdict.message ?? "");
  if (counted.length > (spec?.backoffLimit ?? 6) || restartsTooOften(tally))
    return failed("BackoffLimitExceeded", "Job has reached the specified backoff limit");
  const { activeDeadlineSeconds } = spec ?? {};
  if (activeDeadlineSeconds !== undefined && spec?.suspend !== true && runMs >= activeDeadlineSeconds * 1000)
    return failed("DeadlineExceeded", "Job was active longer than specified deadline");
  return indexedFailure(tally) ?? successOutcome(tally);
}

function failed(reason: string, message: string): Outcome {
  return { type: "Failed", reason, message };
}

/** Containers that the kubelet restarts count as failures of the Job. */
function restartsTooOften({ spec, active }: Tally): boolean {
  if (spec?.template.spec?.restartPolicy !== "OnFailure") return false;
  const restarts = active
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((total, { restartCount }) => total + restartCount, 0);
  const limit = spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function indexedFailure({ spec, completed, failedIndexes }: Tally): Outcome | undefined {
  if (completed === undefined || failedIndexes === undefined) return undefined;
  if (spec?.maxFailedIndexes !== undefined && failedIndexes.size > spec.maxFailedIndexes)
    return failed("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
  const isOver = failedIndexes.size > 0 && completed.size + failedIndexes.size >= (spec?.completions ?? 0);
  return isOver ? failed("FailedIndexes", "Job has failed indexes") : undefined;
}

function successOutcome({ spec, active, completed, succeeded, owned }: Tally): Outcome | undefined {
  const rule = completed === undefined ? -1 : ruleMet(spec, completed);
  if (rule >= 0) return { type: "Complete", reason: "SuccessPolicy", message: `Matched rules at index ${rule}` };
  const { completions } = spec ?? {};
  const isTerminatingOne = owned.some((pod) => isTerminating(pod) && !isTerminal(pod));
  const isDone =
    completions === undefined ? succeeded > 0 && active.length === 0 && !isTerminatingOne : succeeded >= completions;
  if (!isDone) return undefined;
  return { type: "Complete", reason: "CompletionsReached", message: "Reached expected number of succeeded pods" };
}

/** The first rule of the success policy that is met; -1: none. */
function ruleMet(spec: JobSpec | undefined, completed: ReadonlySet<number>): number {
  const rules = spec?.successPolicy?.rules ?? [];
  return rules.findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && completed.size >= succeededCount;
    const wanted = [...parseIndexes(succeededIndexes, spec?.completions ?? 0)];
    const met = wanted.filter((index) => completed.has(index)).length;
    return met >= (succeededCount ?? wanted.length);
  });
}

interface Step {
  readonly create: readonly NewPod[];
  readonly remove: readonly Pod[];
  readonly waitMs?: number;
}

function planPlain(tally: Tally, nowMs: number): Step {
  const { spec, active, succeeded, counted } = tally;
  const parallelism = spec?.parallelism ?? 1;
  const { completions } = spec ?? {};
  // Without a number of completions the first success means that no more is to be begun.
  const wanted =
    completions === undefined
      ? succeeded > 0
        ? Math.min(active.length, parallelism)
        : parallelism
      : Math.min(parallelism, completions - succeeded);
  const remove = podsToDelete(active, wanted);
  const missing = Math.max(0, wanted - active.length - terminatingPods(tally).length);
  if (missing === 0) return { create: [], remove };
  const waitMs = backoffMs(counted, nowMs);
  if (waitMs > 0) return { create: [], remove, waitMs };
  return { create: Array.from({ length: missing }, () => ({})), remove };
}

/** The lowest indexes that have no pod come first; of two pods for one the older stays. */
function planIndexed(tally: Tally, completed: ReadonlySet<number>, nowMs: number): Step {
  const { spec, failedIndexes, counted, failures } = tally;
  const { parallelism = 1, completions = 0, backoffLimitPerIndex } = spec ?? {};
  const isOver = (index: number): boolean => completed.has(index) || failedIndexes?.has(index) === true;
  const byIndex = new Map<number, Pod>();
  const remove: Pod[] = [];
  for (const pod of [...tally.active].sort(byAge)) {
    const index = indexOf(pod);
    if (index === undefined || index >= completions || isOver(index) || byIndex.has(index)) remove.push(pod);
    else byIndex.set(index, pod);
  }
  const kept = [...byIndex].sort(([a], [b]) => a - b);
  remove.push(...kept.slice(parallelism).map(([, pod]) => pod));
  const leaving = terminatingPods(tally);
  const leavingIndexes = new Set(leaving.map(indexOf));
  const failuresByIndex = Map.groupBy(failures, ({ pod }) => indexOf(pod));
  const create: NewPod[] = [];
  const waits: number[] = [];
  const globalWaitMs = backoffLimitPerIndex === undefined ? backoffMs(counted, nowMs) : 0;
  for (let index = 0; index < completions && byIndex.size + leaving.length + create.length < parallelism; index++) {
    if (isOver(index) || byIndex.has(index) || leavingIndexes.has(index)) continue;
    const own = failuresByIndex.get(index) ?? [];
    const waitMs =
      backoffLimitPerIndex === undefined
        ? globalWaitMs
        : backoffMs(
            own.map(({ pod }) => pod),
            nowMs,
          );
    if (waitMs > 0) waits.push(waitMs);
    else create.push({ index, failures: backoffLimitPerIndex === undefined ? undefined : failuresOf(own) });
  }
  return { create, remove, ...(waits.length > 0 && { waitMs: Math.min(...waits) }) };
}

function failuresOf(own: Tally["failures"]): IndexFailures {
  let next: IndexFailures = { counted: 0, ignored: 0 };
  for (const { pod, verdict } of own) {
    const { counted, ignored } = failuresBefore(pod);
    const isIgnored = verdict.action === "Ignore";
    const after = { counted: counted + (isIgnored ? 0 : 1), ignored: ignored + (isIgnored ? 1 : 0) };
    if (after.counted + after.ignored > next.counted + next.ignored) next = after;
  }
  return next;
}

/** Pods that are being deleted, where their replacement has to wait for their end. */
function terminatingPods({ spec, owned }: Tally): Pod[] {
  if (spec?.podReplacementPolicy !== "Failed") return [];
  return owned.filter((pod) => isTerminating(pod) && !isTerminal(pod));
}

function podsToDelete(active: readonly Pod[], wanted: number): Pod[] {
  return [...active].sort(byAge).slice(Math.max(0, wanted));
}

function byAge(a: Pod, b: Pod): number {
  return Date.parse(a.metadata?.creationTimestamp ?? "") - Date.parse(b.metadata?.creationTimestamp ?? "") || 0;
}

function backoffMs(failures: readonly Pod[], nowMs: number): number {
  if (failures.length === 0) return 0;
  const ends = failures.flatMap((pod) =>
    (pod.status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? "")),
  );
  const last = Math.max(...ends.filter((end) => !Number.isNaN(end)), 0);
  return last + Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (failures.length - 1)) - nowMs;
}

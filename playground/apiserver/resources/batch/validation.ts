/** Validation of jobs and cron jobs. Kubernetes: pkg/apis/batch/validation */
import type { CronJob, Job, JobSpec } from "kubernetes-types/batch/v1";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { selects } from "#machinery/selector.ts";
import { validatePodTemplate } from "../core/pod-spec/validate.ts";
import { validateImmutable, validateNonnegative, validateSelector } from "../validation.ts";
import { validatePolicies } from "./policies.ts";
import { findScheduleProblem } from "./schedule.ts";

export const CONTROLLER_UID = "batch.kubernetes.io/controller-uid";
export const JOB_NAME = "batch.kubernetes.io/job-name";

const COUNTS = [
  "parallelism",
  "completions",
  "activeDeadlineSeconds",
  "backoffLimit",
  "ttlSecondsAfterFinished",
] as const;
const CONCURRENCY = ["Allow", "Forbid", "Replace"];
const COMPLETION_MODES = ["NonIndexed", "Indexed"];
const FINAL_POLICIES = ["OnFailure", "Never"];
const ZONE = /^[A-Za-z0-9._+-]+(\/[A-Za-z0-9._+-]+)*$/;

export function validateJob(job: Job): FieldError[] {
  return [...validateGenerated(job), ...validateFinalJob(job)];
}

function validateFinalJob({ spec }: Job): FieldError[] {
  if (spec === undefined) return [required("spec.template.spec.containers")];
  const problems = validateSelector(spec.selector, "spec.selector");
  const labels = spec.template.metadata?.labels;
  const errors = [
    ...validateJobSpec(spec, "spec"),
    ...(spec.selector === undefined ? [required("spec.selector")] : problems),
  ];
  if (problems.length === 0 && !selects(spec.selector, labels)) {
    const why = "`selector` does not match template `labels`";
    errors.push(invalid("spec.template.metadata.labels", labels ?? null, why));
  }
  return errors;
}

/** What a job's creator may not choose unless he says that he does. */
function validateGenerated({ spec, metadata }: Job): FieldError[] {
  if (spec === undefined || spec.manualSelector === true || spec.selector === undefined) return [];
  const { uid = "", name = "" } = metadata ?? {};
  const labels = spec.template.metadata?.labels ?? {};
  const wanted = { "controller-uid": uid, "job-name": name, [CONTROLLER_UID]: uid, [JOB_NAME]: name };
  const errors = Object.entries(wanted)
    .filter(([key, value]) => labels[key] !== value)
    .map(([key, value]) => invalid(`spec.template.metadata.labels[${key}]`, labels, `must be '${value}'`));
  if (!selects(spec.selector, wanted))
    errors.push(invalid("spec.selector", spec.selector, "`selector` not auto-generated"));
  return errors;
}

function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  const { completionMode = "NonIndexed", completions, template } = spec;
  const errors = COUNTS.flatMap((field) => validateNonnegative(spec[field], `${path}.${field}`));
  if (!COMPLETION_MODES.includes(completionMode))
    errors.push(notSupported(`${path}.completionMode`, completionMode, COMPLETION_MODES));
  if (completionMode === "Indexed" && completions === undefined)
    errors.push(required(`${path}.completions`, "when completion mode is Indexed"));
  errors.push(...validatePodTemplate(template, `${path}.template`));
  const policy = template?.spec?.restartPolicy ?? "Always";
  const at = `${path}.template.spec.restartPolicy`;
  // Always is what an absent policy becomes.
  if (policy === "Always") errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  else if (!FINAL_POLICIES.includes(policy)) errors.push(notSupported(at, policy, FINAL_POLICIES));
  return [...errors, ...validatePolicies(spec, path)];
}

export function validateJobUpdate(next: Job, previous: Job): FieldError[] {
  const [now, old] = [next.spec, previous.spec];
  // While a job is suspended and has not begun, its template may be adjusted.
  const isWaiting = old?.suspend === true && previous.status?.startTime === undefined;
  // The size of an indexed job follows its parallelism.
  const isElastic = now?.completionMode === "Indexed" && now.completions === now.parallelism;
  return [
    ...validateJob(next),
    ...(isElastic ? [] : validateImmutable(now?.completions, old?.completions, "spec.completions")),
    ...validateImmutable(now?.selector, old?.selector, "spec.selector"),
    ...(isWaiting ? [] : validateImmutable(now?.template, old?.template, "spec.template")),
    ...validateImmutable(now?.completionMode, old?.completionMode, "spec.completionMode"),
    ...validateImmutable(now?.podFailurePolicy, old?.podFailurePolicy, "spec.podFailurePolicy"),
    ...validateImmutable(now?.backoffLimitPerIndex, old?.backoffLimitPerIndex, "spec.backoffLimitPerIndex"),
    ...validateImmutable(now?.successPolicy, old?.successPolicy, "spec.successPolicy"),
  ];
}

export function validateCronJob({ spec }: CronJob, previous?: CronJob): FieldError[] {
  if (spec === undefined) return [required("spec.schedule")];
  const { schedule = "", timeZone, concurrencyPolicy = "", jobTemplate } = spec as typeof spec & { timeZone?: string };
  const errors = schedule === "" ? [required("spec.schedule")] : validateSchedule(schedule);
  errors.push(...validateNonnegative(spec.startingDeadlineSeconds, "spec.startingDeadlineSeconds"));
  const before = (previous?.spec as { timeZone?: string } | undefined)?.timeZone;
  if (timeZone !== undefined && (previous === undefined || timeZone !== before)) errors.push(...validateZone(timeZone));
  if (!CONCURRENCY.includes(concurrencyPolicy))
    errors.push(notSupported("spec.concurrencyPolicy", concurrencyPolicy, CONCURRENCY));
  if (jobTemplate?.spec !== undefined) errors.push(...validateJobSpec(jobTemplate.spec, "spec.jobTemplate.spec"));
  return [
    ...errors,
    ...validateNonnegative(spec.successfulJobsHistoryLimit, "spec.successfulJobsHistoryLimit"),
    ...validateNonnegative(spec.failedJobsHistoryLimit, "spec.failedJobsHistoryLimit"),
  ];
}

function validateSchedule(schedule: string): FieldError[] {
  const problem = findScheduleProblem(schedule);
  const errors = problem === undefined ? [] : [invalid("spec.schedule", schedule, problem)];
  const why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
  if (schedule.includes("TZ")) errors.push(invalid("spec.schedule", schedule, why));
  return errors;
}

function validateZone(zone: string): FieldError[] {
  if (zone === "") return [invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string")];
  const why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
  if (zone.toLowerCase() === "local") return [invalid("spec.timeZone", zone, why)];
  return ZONE.test(zone) && isKnownZone(zone) ? [] : [invalid("spec.timeZone", zone, `unknown time zone ${zone}`)];
}

function isKnownZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    // The only way Intl has to say so.
    return false;
  }
}

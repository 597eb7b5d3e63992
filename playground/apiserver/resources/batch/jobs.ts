/** Jobs and cron jobs. Kubernetes: pkg/registry/batch, pkg/apis/batch */
import { randomUUID } from "node:crypto";
import type { CronJob, Job, JobSpec } from "kubernetes-types/batch/v1";
import { cronJobs, jobs } from "#machinery/builtin.ts";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, type ColumnSpec, humanDuration, joined, pairs, since, table } from "../columns.ts";
import { setPodSpecDefaults, validatePodTemplate } from "../core/pod-template.ts";

export const jobStrategy = anyStrategy<Job>({
  resource: jobs,
  singular: "job",
  categories: ["all"],
  status: true,
  defaultPropagation: "Orphan",
  setDefaults: ({ spec }) => {
    if (spec !== undefined) setJobDefaults(spec);
  },
  prepareForCreate: (job) => {
    job.metadata = { ...job.metadata, uid: job.metadata?.uid ?? randomUUID() };
    if (job.spec === undefined || job.spec.manualSelector === true) return;
    // Pods of a job carry its uid, so that a job of the same name made later never adopts them.
    const own = {
      "batch.kubernetes.io/controller-uid": job.metadata.uid ?? "",
      "controller-uid": job.metadata.uid ?? "",
      "batch.kubernetes.io/job-name": job.metadata.name ?? "",
      "job-name": job.metadata.name ?? "",
    };
    const template = job.spec.template;
    template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...own } };
    job.spec.selector = { matchLabels: { "batch.kubernetes.io/controller-uid": job.metadata.uid ?? "" } };
  },
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validate: ({ spec }) =>
    spec === undefined ? [required("spec.template.spec.containers")] : validateJob(spec, "spec"),
  validateUpdate: (next, previous) => {
    const same = JSON.stringify(next.spec?.template) === JSON.stringify(previous.spec?.template);
    return same ? [] : [invalid("spec.template", "<template>", "field is immutable")];
  },
  fieldLabels: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  table: table<Job>([
    { name: "Status", value: jobStatus },
    {
      name: "Completions",
      value: ({ spec, status }) => `${status?.succeeded ?? 0}/${spec?.completions ?? spec?.parallelism ?? 1}`,
    },
    { name: "Duration", value: durationText },
    age(),
    ...templateColumns<Job>(({ spec }) => spec),
  ]),
});

export const cronJobStrategy = anyStrategy<CronJob>({
  resource: cronJobs,
  singular: "cronjob",
  shortNames: ["cj"],
  categories: ["all"],
  status: true,
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.concurrencyPolicy ??= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    if (spec.jobTemplate?.spec !== undefined) setPodTemplate(spec.jobTemplate.spec);
  },
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validate: validateCronJob,
  validateUpdate: validateCronJob,
  table: table<CronJob>([
    { name: "Schedule", value: ({ spec }) => spec?.schedule },
    { name: "Timezone", value: ({ spec }) => spec?.timeZone },
    { name: "Suspend", type: "boolean", value: ({ spec }) => (spec?.suspend === true ? "True" : "False") },
    { name: "Active", type: "integer", value: ({ status }) => status?.active?.length ?? 0 },
    {
      name: "Last Schedule",
      value: ({ status }, nowMs) =>
        status?.lastScheduleTime === undefined ? "<none>" : since(status.lastScheduleTime, nowMs),
    },
    age(),
    ...templateColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec),
  ]),
});

function templateColumns<T extends KubeObject>(specOf: (object: T) => JobSpec | undefined): ColumnSpec<T>[] {
  const containers = (object: T) => specOf(object)?.template?.spec?.containers ?? [];
  return [
    { name: "Containers", value: (object) => joined(containers(object).map(({ name }) => name)), wide: true },
    { name: "Images", value: (object) => joined(containers(object).map(({ image }) => image ?? "")), wide: true },
    { name: "Selector", value: (object) => pairs(specOf(object)?.selector?.matchLabels), wide: true },
  ];
}

function setJobDefaults(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= "TerminatingOrFailed";
  setPodTemplate(spec);
}

function setPodTemplate(spec: JobSpec): void {
  if (spec.template?.spec !== undefined) setPodSpecDefaults(spec.template.spec);
}

function validateJob(spec: JobSpec, path: string): FieldError[] {
  const errors = validatePodTemplate(spec.template, `${path}.template`);
  const policy = spec.template?.spec?.restartPolicy;
  if (policy !== undefined && !["OnFailure", "Never"].includes(policy)) {
    errors.push(notSupported(`${path}.template.spec.restartPolicy`, policy, ["OnFailure", "Never"]));
  }
  return errors;
}

function validateCronJob({ spec }: CronJob): FieldError[] {
  if (spec === undefined || (spec.schedule ?? "") === "") return [required("spec.schedule")];
  const fields = spec.schedule.trim().split(/\s+/);
  const readable = spec.schedule.startsWith("@") || fields.length === 5;
  const errors = readable
    ? []
    : [
        invalid(
          "spec.schedule",
          spec.schedule,
          `expected exactly 5 fields, found ${fields.length}: [${fields.join(" ")}]`,
        ),
      ];
  if (spec.jobTemplate?.spec !== undefined) errors.push(...validateJob(spec.jobTemplate.spec, "spec.jobTemplate.spec"));
  return errors;
}

function jobStatus({ spec, status, metadata }: Job): string {
  const isTrue = (type: string): boolean =>
    status?.conditions?.some((c) => c.type === type && c.status === "True") ?? false;
  if (isTrue("Complete")) return "Complete";
  if (isTrue("Failed")) return "Failed";
  if (metadata?.deletionTimestamp !== undefined) return "Terminating";
  return spec?.suspend === true ? "Suspended" : "Running";
}

function durationText({ status }: Job, nowMs: number): string {
  if (status?.startTime === undefined) return "";
  const end = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}

/** Jobs. Kubernetes: pkg/registry/batch/job, pkg/apis/batch/v1/defaults.go */
import type { Job, JobSpec } from "kubernetes-types/batch/v1";
import { jobs } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { humanDuration } from "../../table/duration.ts";
import { age, table, templateColumns } from "../columns.ts";
import { setPodSpecDefaults } from "../core/pod-spec/defaults.ts";
import { CONTROLLER_UID, JOB_NAME, validateJob, validateJobUpdate } from "./validation.ts";

// Kubernetes: math.MaxInt32
const MOST_FAILURES = 2 ** 31 - 1;

export const jobStrategy = anyStrategy<Job>({
  resource: jobs,
  singular: "job",
  categories: ["all"],
  status: true,
  defaultPropagation: "Orphan",
  defaultPropagationWarning:
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  setDefaults: (job) => {
    if (job.spec !== undefined) setJobDefaults(job.spec);
    setLabels(job);
  },
  prepareForCreate: (job) => {
    if (job.spec === undefined || job.spec.manualSelector === true) return;
    // Pods of a job carry its uid, so that a job of the same name made later never adopts them.
    const uid = job.metadata?.uid ?? "";
    const own = { [CONTROLLER_UID]: uid, "controller-uid": uid, [JOB_NAME]: job.metadata?.name ?? "" };
    const { template, selector } = job.spec;
    const labels = { ...own, "job-name": job.metadata?.name ?? "", ...template.metadata?.labels };
    template.metadata = { ...template.metadata, labels };
    job.spec.selector = { ...selector, matchLabels: { [CONTROLLER_UID]: uid, ...selector?.matchLabels } };
    setLabels(job);
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  fieldLabels: { "status.successful": ({ status }) => String(status?.succeeded ?? 0) },
  table: table<Job>([
    { name: "Status", value: jobStatus },
    {
      name: "Completions",
      value: ({ spec, status }) => `${status?.succeeded ?? 0}/${spec?.completions ?? spec?.parallelism ?? 1}`,
    },
    { name: "Duration", value: durationText },
    age(),
    ...templateColumns<Job>(
      ({ spec }) => spec?.template,
      ({ spec }) => spec?.selector,
    ),
  ]),
});

function setJobDefaults(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  // With a limit of its own for each index, that of the whole Job is as good as none.
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MOST_FAILURES;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
  for (const { onPodConditions } of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of onPodConditions ?? []) pattern.status ||= "True";
  setPodTemplate(spec);
}

export function setPodTemplate(spec: JobSpec): void {
  if (spec.template?.spec !== undefined) setPodSpecDefaults(spec.template.spec);
}

/** A job without labels has those of its pods. */
function setLabels(job: Job): void {
  const labels = job.spec?.template?.metadata?.labels;
  if (labels === undefined || Object.keys(job.metadata?.labels ?? {}).length > 0) return;
  job.metadata = { ...job.metadata, labels: { ...labels } };
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

/** Cron jobs. Kubernetes: pkg/registry/batch/cronjob, pkg/apis/batch/v1/defaults.go */
import type { CronJob } from "kubernetes-types/batch/v1";
import { cronJobs } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, since, table, templateColumns } from "../columns.ts";
import { setPodTemplate } from "./job.ts";
import { validateCronJob } from "./validation.ts";

export const cronJobStrategy = anyStrategy<CronJob>({
  resource: cronJobs,
  singular: "cronjob",
  shortNames: ["cj"],
  categories: ["all"],
  status: true,
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    if (spec.jobTemplate?.spec !== undefined) setPodTemplate(spec.jobTemplate.spec);
  },
  validate: (job) => validateCronJob(job),
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
    ...templateColumns<CronJob>(
      ({ spec }) => spec?.jobTemplate?.spec?.template,
      ({ spec }) => spec?.jobTemplate?.spec?.selector,
    ),
  ]),
});

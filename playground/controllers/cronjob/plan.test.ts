import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronJob, CronJobSpec, Job } from "kubernetes-types/batch/v1";
import { forgeJob, planCron, surplusJobs } from "./plan.ts";

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`);
const cron = (own: Partial<CronJobSpec> = {}, status: CronJob["status"] = {}): CronJob => ({
  metadata: { name: "report", namespace: "off", uid: "c1", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { schedule: "*/10 * * * *", jobTemplate: {}, ...own },
  status,
});
const running = { active: [{ name: "report-1", uid: "j1" }] };
const last = { lastScheduleTime: "2026-01-01T00:20:00Z" };
const TEN_MINUTES_MS = 600_000;

for (const [name, of, now, expected] of [
  ["its time has not come", cron(), "00:09:59", { do: "nothing", nextMs: 1_000 }],
  ["its time has come", cron(), "00:10:00", { do: "create", dueMs: at("00:10:00"), nextMs: TEN_MINUTES_MS }],
  [
    "only the last of several times counts",
    cron(),
    "00:35:00",
    { do: "create", dueMs: at("00:30:00"), nextMs: 300_000 },
  ],
  ["the time is over and done with", cron({}, last), "00:25:00", { do: "nothing", nextMs: 300_000 }],
  ["it is suspended", cron({ suspend: true }), "00:10:00", { do: "nothing" }],
  ["no schedule", cron({ schedule: "every day" }), "00:10:00", { do: "refuse" }],
  [
    "it is too late",
    cron({ startingDeadlineSeconds: 60 }),
    "00:11:01",
    { do: "miss", dueMs: at("00:10:00"), nextMs: 539_000 },
  ],
  [
    "it is not too late",
    cron({ startingDeadlineSeconds: 60 }),
    "00:11:00",
    { do: "create", dueMs: at("00:10:00"), nextMs: 540_000 },
  ],
  ["one still runs", cron({}, running), "00:10:00", { do: "create", dueMs: at("00:10:00"), nextMs: TEN_MINUTES_MS }],
  [
    "one still runs, which forbids it",
    cron({ concurrencyPolicy: "Forbid" }, running),
    "00:10:00",
    { do: "skip", dueMs: at("00:10:00"), nextMs: TEN_MINUTES_MS },
  ],
  [
    "one still runs, and is replaced",
    cron({ concurrencyPolicy: "Replace" }, running),
    "00:10:00",
    { do: "replace", dueMs: at("00:10:00"), nextMs: TEN_MINUTES_MS },
  ],
  [
    "none runs that could be replaced",
    cron({ concurrencyPolicy: "Replace" }),
    "00:10:00",
    { do: "create", dueMs: at("00:10:00"), nextMs: TEN_MINUTES_MS },
  ],
  ["it never comes", cron({ schedule: "0 0 30 2 *" }), "00:10:00", { do: "nothing" }],
] as [string, CronJob, string, object][]) {
  test(`a CronJob: ${name}`, () => assert.deepEqual(planCron(of, at(now)), expected));
}

test("the Job of one time has one name, and says for which time it is", () => {
  const jobTemplate = {
    metadata: { labels: { app: "report" }, annotations: { note: "kept" } },
    spec: { template: { spec: { containers: [] } } },
  };
  const job = forgeJob(cron({ jobTemplate }), at("00:10:00"));
  assert.deepEqual(job, {
    metadata: {
      name: `report-${at("00:10:00") / 60_000}`,
      namespace: "off",
      labels: { app: "report" },
      annotations: { note: "kept", "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T00:10:00Z" },
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "CronJob",
          name: "report",
          uid: "c1",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: jobTemplate.spec,
  });
});

test("of the ended Jobs the last three that succeeded and the last that failed are kept", () => {
  const job = (name: string, startTime: string, type?: string): Job => ({
    metadata: { name },
    status: { startTime, ...(type !== undefined && { conditions: [{ type, status: "True" }] }) },
  });
  const owned = [
    job("ok-4", "2026-01-01T04:00:00Z", "Complete"),
    ...[1, 2, 3].map((i) => job(`ok-${i}`, `2026-01-01T0${i}:00:00Z`, "Complete")),
    ...[2, 1].map((i) => job(`bad-${i}`, `2026-01-01T0${i}:00:00Z`, "Failed")),
    job("running", "2026-01-01T00:00:00Z"),
  ];
  const removed = (own: Partial<CronJobSpec>): (string | undefined)[] =>
    surplusJobs(cron(own), owned).map(({ metadata }) => metadata?.name);
  assert.deepEqual(removed({}), ["ok-1", "bad-1"]);
  assert.deepEqual(removed({ successfulJobsHistoryLimit: 4, failedJobsHistoryLimit: 0 }), ["bad-1", "bad-2"]);
});

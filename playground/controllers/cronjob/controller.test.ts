import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronJob } from "kubernetes-types/batch/v1";
import { startEngineParts } from "#kit/engine-parts.ts";
import { cronJobs, jobs } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { cronJobController } from "./controller.ts";
import { forgeJob } from "./plan.ts";

const key = { namespace: "off", name: "report" };
const newCron = (own: Partial<CronJob["spec"]> = {}): CronJob => ({
  metadata: key,
  spec: {
    schedule: "0 0 1 1 *",
    jobTemplate: { spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } } } },
    ...own,
  },
});
/** A clock that shows, and stands at, a new year after all objects were made. */
const startAtNewYear = () => {
  const clock = { nowMs: Date.UTC(2100, 0, 1, 0, 0, 1) };
  return { clock, nowMs: () => clock.nowMs };
};
const DUE = "2100-01-01T00:00:00Z";

test("a CronJob whose time has come begins its Job once, and sees it end", async () => {
  const { nowMs } = startAtNewYear();
  await using parts = await startEngineParts({ nowMs });
  const { ctx, client } = parts;
  await client.create(ctx, cronJobs, newCron());
  parts.run(cronJobController);
  const { status } = await parts.seen(cronJobs, key, (cron) => cron.status?.lastScheduleTime === DUE);
  const [reference] = status?.active ?? [];
  const name = `report-${Date.parse(DUE) / 60_000}`;
  assert.equal(reference?.name, name);
  assert.equal(await parts.told("SuccessfulCreate"), `Created job ${name}`);
  const job = await client.get(ctx, jobs, { namespace: "off", name });
  assert.equal(job.metadata?.uid, reference?.uid);
  const time = "2100-01-01T00:00:30Z";
  const ended = {
    startTime: DUE,
    completionTime: time,
    succeeded: 1,
    conditions: ["SuccessCriteriaMet", "Complete"].map((type) => ({ type, status: "True", lastTransitionTime: time })),
  };
  await client.patch(ctx, jobs, keyOf(job), "merge", { status: ended }, { subresource: "status" });
  const after = await parts.seen(cronJobs, key, (cron) => cron.status?.lastSuccessfulTime === time);
  assert.equal(after.status?.active, undefined);
  assert.equal(await parts.told("SawCompletedJob"), `Saw completed job: ${name}, condition: Complete`);
  assert.equal((await client.list(ctx, jobs)).items.length, 1);
});

test("a running Job is replaced, or the new one is skipped, as the policy says", async () => {
  const { clock, nowMs } = startAtNewYear();
  await using parts = await startEngineParts({ nowMs });
  const { ctx, client } = parts;
  const forbidding = { namespace: "off", name: "forbidding" };
  await client.create(ctx, cronJobs, newCron({ concurrencyPolicy: "Replace" }));
  await client.create(ctx, cronJobs, { ...newCron({ concurrencyPolicy: "Forbid" }), metadata: forbidding });
  parts.run(cronJobController);
  for (const each of [key, forbidding]) await parts.seen(cronJobs, each, (cron) => cron.status?.active?.length === 1);
  clock.nowMs = Date.UTC(2101, 0, 1, 0, 0, 1);
  // The clock was stepped, which no timer hears of: a change makes the controller look.
  for (const each of [key, forbidding])
    await client.patch(ctx, cronJobs, each, "merge", { metadata: { annotations: { look: "again" } } });
  const replaced = await parts.seen(cronJobs, key, ({ status }) => status?.lastScheduleTime === "2101-01-01T00:00:00Z");
  assert.deepEqual(
    replaced.status?.active?.map(({ name }) => name),
    [`report-${Date.UTC(2101, 0, 1) / 60_000}`],
  );
  await parts.gone(jobs, { namespace: "off", name: `report-${Date.parse(DUE) / 60_000}` });
  assert.equal(await parts.told("SuccessfulDelete"), `Deleted job report-${Date.parse(DUE) / 60_000}`);
  assert.equal(
    await parts.told("JobAlreadyActive"),
    "Not starting job because prior execution is running and concurrency policy is Forbid",
  );
  assert.equal((await client.get(ctx, cronJobs, forbidding)).status?.lastScheduleTime, DUE);
});

test("a time that was missed is told of, and no Job begins", async () => {
  const clock = { nowMs: Date.UTC(2100, 0, 1, 0, 5) };
  await using parts = await startEngineParts({ nowMs: () => clock.nowMs });
  await parts.client.create(parts.ctx, cronJobs, newCron({ startingDeadlineSeconds: 60 }));
  parts.run(cronJobController);
  assert.equal(await parts.told("MissSchedule"), `Missed scheduled time to start a job: ${DUE}`);
  assert.equal((await parts.client.list(parts.ctx, jobs)).items.length, 0);
});

test("an active Job that was deleted is missed, and the next one may begin", async () => {
  const { nowMs } = startAtNewYear();
  await using parts = await startEngineParts({ nowMs });
  const { ctx, client } = parts;
  await client.create(ctx, cronJobs, newCron({ concurrencyPolicy: "Forbid" }));
  parts.run(cronJobController);
  const { status } = await parts.seen(cronJobs, key, (cron) => cron.status?.active?.length === 1);
  const name = status?.active?.[0]?.name ?? "";
  await client.delete(ctx, jobs, { namespace: "off", name }, { propagationPolicy: "Background" });
  await parts.seen(cronJobs, key, (cron) => cron.status?.active === undefined);
  assert.equal(await parts.told("MissingJob"), `Active job went missing: ${name}`);
});

test("a Job that was begun, but not written down, is found again", async () => {
  const { nowMs } = startAtNewYear();
  await using parts = await startEngineParts({ nowMs });
  const { ctx, client } = parts;
  const cron = await client.create(ctx, cronJobs, newCron());
  const begun = await client.create(ctx, jobs, forgeJob(cron, Date.parse(DUE)));
  parts.run(cronJobController);
  const { status } = await parts.seen(cronJobs, key, (each) => each.status?.lastScheduleTime === DUE);
  assert.deepEqual(
    status?.active?.map(({ uid }) => uid),
    [begun.metadata?.uid],
  );
});

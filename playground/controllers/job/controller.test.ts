import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, JobSpec } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { type EngineParts, startEngineParts } from "#kit/engine-parts.ts";
import { jobs, pods } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { keyOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { jobController } from "./controller.ts";

const key = { namespace: "off", name: "batch" };
const newJob = (own: Partial<JobSpec> = {}): Job => ({
  metadata: key,
  spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } }, ...own },
});
const is =
  (type: string) =>
  (job: Job): boolean =>
    isConditionTrue(job.status?.conditions, type);
const running = (list: readonly Pod[]): Pod[] => list.filter((pod) => !isTerminal(pod));

/** As a node would: the pods that run now end so. */
async function end({ ctx, client }: EngineParts, list: readonly Pod[], phase: string): Promise<void> {
  for (const pod of list)
    await client.patch(ctx, pods, keyOf(pod), "merge", { status: { phase } }, { subresource: "status" });
}

test("a Job runs as many pods as it needs, is complete, and goes when its time is over", async () => {
  const clock = { nowMs: Date.now() };
  await using parts = await startEngineParts({ nowMs: () => clock.nowMs });
  const { ctx, client } = parts;
  parts.run(jobController);
  await client.create(ctx, jobs, newJob({ completions: 3, parallelism: 2, ttlSecondsAfterFinished: 3_600 }));
  await end(parts, await parts.seenAll(pods, (list) => running(list).length === 2), "Succeeded");
  await end(parts, running(await parts.seenAll(pods, (list) => list.length === 3)), "Succeeded");
  const { status } = await parts.seen(jobs, key, is("Complete"));
  assert.equal(status?.succeeded, 3);
  assert.equal(await parts.told("Completed"), "Job completed");
  assert.match(await parts.told("SuccessfulCreate"), /^Created pod: batch-\w+$/);
  clock.nowMs += 3_600_000;
  // The clock was stepped, which no timer hears of: a change makes the controller look.
  await client.patch(ctx, jobs, key, "merge", { metadata: { annotations: { look: "again" } } });
  await parts.seen(jobs, key, ({ metadata }) => metadata?.deletionTimestamp !== undefined);
});

test("a Job whose pod fails too often has failed, and its other pods are ended", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(jobController);
  await client.create(ctx, jobs, newJob({ completions: 2, parallelism: 2, backoffLimit: 0 }));
  const both = await parts.seenAll(pods, (list) => list.length === 2);
  await end(parts, both.slice(0, 1), "Failed");
  const { status } = await parts.seen(jobs, key, is("Failed"));
  assert.equal(status?.conditions?.find(({ type }) => type === "Failed")?.reason, "BackoffLimitExceeded");
  assert.equal(await parts.told("BackoffLimitExceeded"), "Job has reached the specified backoff limit");
  await parts.gone(pods, keyOf(both[1] ?? {}));
});

test("a suspended Job has no pods, and goes on when it is resumed", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(jobController);
  await client.create(ctx, jobs, newJob({ suspend: true, completionMode: "Indexed", completions: 1 }));
  await parts.seen(jobs, key, is("Suspended"));
  assert.equal(await parts.told("Suspended"), "Job suspended");
  assert.equal((await client.list(ctx, pods, { namespace: "off" })).items.length, 0);
  await client.patch(ctx, jobs, key, "merge", { spec: { suspend: false } });
  const [pod] = await parts.seenAll(pods, (list) => list.length === 1);
  assert.equal(pod?.metadata?.annotations?.["batch.kubernetes.io/job-completion-index"], "0");
  assert.equal(await parts.told("Resumed"), "Job resumed");
});

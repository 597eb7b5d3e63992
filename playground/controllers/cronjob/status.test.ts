import assert from "node:assert/strict";
import { test } from "node:test";
import type { CronJob, Job } from "kubernetes-types/batch/v1";
import { observeJobs, statusAfter } from "./status.ts";

const active = (...names: string[]) => names.map((name) => ({ kind: "Job", name, uid: name }));
const job = (uid: string, status: Job["status"] = {}): Job => ({ metadata: { name: uid, uid }, status });
const done = (uid: string, type: string, completionTime?: string): Job =>
  job(uid, { conditions: [{ type, status: "True" }], ...(completionTime !== undefined && { completionTime }) });

test("what has ended or is gone is no longer active; what is not seen yet is", () => {
  const cron: CronJob = {
    status: { active: active("runs", "ok", "bad", "gone", "unseen"), lastScheduleTime: "2026-01-01T00:00:00Z" },
  };
  const owned = [
    job("runs"),
    done("ok", "Complete", "2026-01-01T00:03:00Z"),
    done("bad", "Failed"),
    done("told", "Complete", "2026-01-01T00:02:00Z"),
  ];
  assert.deepEqual(observeJobs(cron, owned, new Set(["gone"])), {
    status: {
      active: active("runs", "unseen"),
      lastScheduleTime: "2026-01-01T00:00:00Z",
      lastSuccessfulTime: "2026-01-01T00:03:00Z",
    },
    ended: [
      { name: "ok", outcome: "Complete" },
      { name: "bad", outcome: "Failed" },
    ],
  });
});

test("the last success is not forgotten with its Job", () => {
  const cron: CronJob = { status: { lastSuccessfulTime: "2026-01-01T00:05:00Z" } };
  const { status } = observeJobs(cron, [done("ok", "Complete", "2026-01-01T00:03:00Z")], new Set());
  assert.deepEqual(status, { lastSuccessfulTime: "2026-01-01T00:05:00Z" });
  assert.deepEqual(observeJobs({}, [], new Set()), { status: {}, ended: [] });
});

test("a Job that was begun is active, once; one that is somebody else's only moves the time", () => {
  const dueMs = Date.parse("2026-01-01T00:10:00Z");
  const begun: Job = { metadata: { name: "a", namespace: "off", uid: "u", resourceVersion: "7" } };
  const reference = {
    kind: "Job",
    apiVersion: "batch/v1",
    name: "a",
    namespace: "off",
    uid: "u",
    resourceVersion: "7",
  };
  const lastScheduleTime = "2026-01-01T00:10:00Z";
  assert.deepEqual(statusAfter({}, dueMs, begun), { active: [reference], lastScheduleTime });
  assert.deepEqual(statusAfter({ active: active("b") }, dueMs, begun).active?.length, 2);
  assert.deepEqual(statusAfter({ active: [reference] }, dueMs, begun).active, [reference]);
  assert.deepEqual(statusAfter({ lastSuccessfulTime: "x" }, dueMs, undefined), {
    lastSuccessfulTime: "x",
    lastScheduleTime,
  });
});

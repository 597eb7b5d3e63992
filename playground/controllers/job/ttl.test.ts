import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "kubernetes-types/batch/v1";
import { expiryMs, isFinished } from "./ttl.ts";

const END = "2026-01-01T00:00:00Z";
const job = (type: string, status: string, ttlSecondsAfterFinished?: number): Job => ({
  spec: { template: {}, ...(ttlSecondsAfterFinished !== undefined && { ttlSecondsAfterFinished }) },
  status: { conditions: [{ type, status, lastTransitionTime: END }] },
});

for (const [name, of, finished, expiry] of [
  ["complete", job("Complete", "True", 60), true, Date.parse(END) + 60_000],
  ["failed, to go at once", job("Failed", "True", 0), true, Date.parse(END)],
  ["complete, to stay", job("Complete", "True"), true, undefined],
  ["suspended", job("Suspended", "True", 60), false, undefined],
  ["without a condition", {}, false, undefined],
] as [string, Job, boolean, number | undefined][]) {
  test(`a Job that is ${name}`, () => assert.deepEqual([isFinished(of), expiryMs(of)], [finished, expiry]));
}

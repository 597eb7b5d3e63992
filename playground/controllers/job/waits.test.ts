import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, JobSpec } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { type JobPlan, planJob } from "./plan.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const INDEX = "batch.kubernetes.io/job-completion-index";
const job = (spec: Partial<JobSpec>): Job => ({
  metadata: { name: "work", namespace: "n", uid: "u" },
  spec: { template: { spec: { containers: [], restartPolicy: "Never" } }, ...spec },
  status: { startTime: "2026-01-01T00:00:00Z" },
});

interface Made {
  readonly index?: number;
  /** Seconds from the start. */
  readonly born?: number;
  readonly ended?: number;
  readonly phase?: string;
}

let count = 0;
function pod({ index, born = 0, ended, phase = "Running" }: Made): Pod {
  count += 1;
  const time = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();
  const terminated = { exitCode: 1, finishedAt: time(ended ?? 0) };
  return {
    metadata: {
      name: `work-${count}`,
      creationTimestamp: time(born),
      ...(index !== undefined && { annotations: { [INDEX]: String(index) } }),
    },
    status: {
      phase,
      ...(ended !== undefined && {
        containerStatuses: [
          { name: "c", image: "", imageID: "", ready: false, restartCount: 0, state: { terminated } },
        ],
      }),
    },
  };
}
const failed = (ended: number, index?: number): Pod =>
  pod({ ended, phase: "Failed", ...(index !== undefined && { index }) });

/** By seconds after the start: what is made, and when the Job is looked at again. */
function at(seconds: number, spec: Partial<JobSpec>, owned: readonly Pod[] = []): JobPlan {
  return planJob(job(spec), owned, START + seconds * 1_000);
}

test("a Job has failed when its deadline has passed, and is looked at when it does", () => {
  const spec = { activeDeadlineSeconds: 60 };
  const active = [pod({})];
  const { outcome, requeueAfterMs } = at(59, spec, active);
  assert.deepEqual([outcome, requeueAfterMs], [undefined, 1_000]);
  const over = at(60, spec, active);
  assert.deepEqual(over.outcome, {
    type: "Failed",
    reason: "DeadlineExceeded",
    message: "Job was active longer than specified deadline",
  });
  assert.deepEqual(over.remove, active);
  assert.equal(at(60, {}, active).outcome, undefined);
  assert.equal(at(60, {}, active).requeueAfterMs, undefined);
  // While it is suspended no time passes.
  assert.equal(at(60, { ...spec, suspend: true }).outcome, undefined);
});

test("a pod is made again 10 s after the first failure, 20 s after the second, and so on up to 10 minutes", () => {
  assert.deepEqual([at(9, {}, [failed(0)]).create.length, at(9, {}, [failed(0)]).requeueAfterMs], [0, 1_000]);
  assert.equal(at(10, {}, [failed(0)]).create.length, 1);
  const twice = [failed(0), failed(30)];
  assert.deepEqual([at(40, {}, twice).create.length, at(40, {}, twice).requeueAfterMs], [0, 10_000]);
  assert.equal(at(50, {}, twice).create.length, 1);
  const often = Array.from({ length: 9 }, () => failed(0));
  assert.equal(at(0, { backoffLimit: 20 }, often).requeueAfterMs, 600_000);
});

test("the deadline or the back-off, whichever is first, is when the Job is looked at again", () => {
  assert.equal(at(5, { activeDeadlineSeconds: 60 }, [failed(0)]).requeueAfterMs, 5_000);
  assert.equal(at(5, { activeDeadlineSeconds: 7 }, [failed(0)]).requeueAfterMs, 2_000);
});

test("no more pods than there are completions left, and the youngest go when there are too many", () => {
  const succeeded = [pod({ phase: "Succeeded" }), pod({ phase: "Succeeded" })];
  assert.equal(at(0, { completions: 3, parallelism: 5 }, succeeded).create.length, 1);
  const active = [pod({ born: 5 }), pod({ born: 9 }), pod({ born: 1 })];
  assert.deepEqual(at(10, { completions: 9, parallelism: 1 }, active).remove, [active[0], active[1]]);
});

test("indexes that fail each have their own back-off, and the first that is over is waited for", () => {
  const spec = { completionMode: "Indexed", completions: 2, parallelism: 2, backoffLimitPerIndex: 3 };
  const owned = [failed(0, 0), failed(4, 1)];
  const early = at(5, spec, owned);
  assert.deepEqual([early.create, early.requeueAfterMs], [[], 5_000]);
  const later = at(10, spec, owned);
  assert.deepEqual(later.create, [{ index: 0, failures: { counted: 1, ignored: 0 } }]);
  assert.equal(later.requeueAfterMs, 4_000);
});

for (const [name, spec, failures, reason] of [
  ["one failed index, one allowed", { maxFailedIndexes: 1 }, [0], undefined],
  ["two failed indexes, one allowed", { maxFailedIndexes: 1 }, [0, 1], "MaxFailedIndexesExceeded"],
  ["all indexes failed", {}, [0, 1, 2], "FailedIndexes"],
] as const) {
  test(`an Indexed Job: ${name}`, () => {
    const base = { completionMode: "Indexed", completions: 3, parallelism: 3, backoffLimitPerIndex: 0 };
    const plan = at(
      5,
      { ...base, ...spec },
      failures.map((index) => failed(0, index)),
    );
    assert.equal(plan.outcome?.reason, reason);
  });
}

for (const [name, rule, done, expected] of [
  ["one of two that count", { succeededCount: 2 }, [0], false],
  ["any two", { succeededCount: 2 }, [0, 2], true],
  ["not the leader", { succeededIndexes: "0" }, [1, 2], false],
  ["the leader", { succeededIndexes: "0" }, [0], true],
  ["one of the first two", { succeededIndexes: "0-1", succeededCount: 1 }, [1], true],
  ["none of the first two", { succeededIndexes: "0-1", succeededCount: 1 }, [2], false],
] as const) {
  test(`a success policy ${expected ? "is" : "is not"} met by ${name}`, () => {
    const spec = { completionMode: "Indexed", completions: 4, parallelism: 4, successPolicy: { rules: [rule] } };
    const plan = at(
      5,
      spec,
      done.map((index) => pod({ index, phase: "Succeeded" })),
    );
    assert.equal(plan.outcome?.reason, expected ? "SuccessPolicy" : undefined);
  });
}

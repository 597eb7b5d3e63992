import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job, JobSpec } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { formatIndexes, indexedPod, parseIndexes } from "./indexes.ts";
import { planJob } from "./plan.ts";
import { jobStatus } from "./status.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");
const LONG_AGO = "2026-01-01T00:00:00Z";
const INDEX = "batch.kubernetes.io/job-completion-index";
const FAILURES = "batch.kubernetes.io/job-index-failure-count";
const template = { spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" } };

const job = (spec: Partial<JobSpec>, status: Job["status"] = {}): Job => ({
  metadata: { name: "work", namespace: "n", uid: "u" },
  spec: { template, parallelism: 1, ...spec },
  status: { startTime: LONG_AGO, ...status },
});

let count = 0;
/** `Active`, `Leaving`, `Succeeded`, or the exit code of a failed one. */
function pod(state: "Active" | "Leaving" | "Succeeded" | number, index?: number, failures?: number): Pod {
  count += 1;
  const phase = typeof state === "number" ? "Failed" : state === "Succeeded" ? "Succeeded" : "Running";
  const terminated = { exitCode: typeof state === "number" ? state : 0, finishedAt: LONG_AGO };
  const ended = { name: "c", image: "i", imageID: "", ready: false, restartCount: 0, state: { terminated } };
  return {
    metadata: {
      name: `work-${count}`,
      namespace: "n",
      creationTimestamp: new Date(NOW + count * 1000).toISOString(),
      ...(state === "Leaving" && { deletionTimestamp: LONG_AGO }),
      annotations: {
        ...(index !== undefined && { [INDEX]: String(index) }),
        ...(failures !== undefined && { [FAILURES]: String(failures) }),
      },
    },
    status: { phase, ...(phase !== "Running" && { containerStatuses: [ended] }) },
  };
}

const indexed = { completionMode: "Indexed", completions: 4, parallelism: 2 };
const onFailure = { spec: { ...template.spec, restartPolicy: "OnFailure" } };
const restarted: Pod = {
  status: {
    phase: "Running",
    containerStatuses: [{ name: "c", image: "i", imageID: "", ready: true, restartCount: 2 }],
  },
};
const rules = (action: string, values: number[]) => ({
  podFailurePolicy: { rules: [{ action, onExitCodes: { operator: "In", values }, onPodConditions: [] }] },
});

for (const [name, of, owned, expected] of [
  ["an index for each pod, the lowest first", job(indexed), [], { create: [0, 1] }],
  ["not one that a pod has", job(indexed), [pod("Active", 0)], { create: [1] }],
  ["nor one that is done", job(indexed), [pod("Succeeded", 1), pod("Active", 0)], { create: [2] }],
  ["also when its pod is gone", job(indexed, { completedIndexes: "0-2" }), [], { create: [3] }],
  [
    "of two pods for one index the older stays",
    job(indexed),
    [pod("Active", 0), pod("Active", 0)],
    { create: [1], removed: 1 },
  ],
  [
    "all indexes done",
    job(indexed, { completedIndexes: "0-2" }),
    [pod("Succeeded", 3)],
    { outcome: "CompletionsReached" },
  ],
  [
    "a failed index is tried again",
    job({ ...indexed, backoffLimit: 6 }),
    [pod(1, 0), pod("Active", 1)],
    { create: [0] },
  ],
  ["fewer pods at once", job({ parallelism: 1, completions: 5 }), [pod("Active"), pod("Active")], { removed: 1 }],
  ["suspended", job({ parallelism: 1, suspend: true }), [pod("Active")], { removed: 1 }],
  ["a pod that fails is replaced", job({ completions: 1 }), [pod(1)], { create: [undefined] }],
  ["too many that fail", job({ completions: 1, backoffLimit: 0 }), [pod(1)], { outcome: "BackoffLimitExceeded" }],
  [
    "containers that restart too often",
    job({ completions: 1, backoffLimit: 2, template: onFailure }),
    [restarted],
    { outcome: "BackoffLimitExceeded", removed: 1 },
  ],
  [
    "an exit code that fails the Job",
    job({ completions: 1, ...rules("FailJob", [42]) }),
    [pod(42)],
    { outcome: "PodFailurePolicy" },
  ],
  ["another does not", job({ completions: 1, ...rules("FailJob", [42]) }), [pod(1)], { create: [undefined] }],
  [
    "one that is not counted",
    job({ completions: 1, backoffLimit: 0, ...rules("Ignore", [7]) }),
    [pod(7)],
    { create: [undefined] },
  ],
  [
    "a replacement waits for the end of the pod before",
    job({ completions: 1, podReplacementPolicy: "Failed" }),
    [pod("Leaving")],
    {},
  ],
  [
    "an index that has failed too often is given up, the others go on",
    job({ ...indexed, backoffLimitPerIndex: 1 }),
    [pod(1, 0, 1), pod("Active", 1)],
    { create: [2], failedIndexes: "0" },
  ],
  [
    "an exit code that fails its index",
    job({ ...indexed, backoffLimitPerIndex: 5, ...rules("FailIndex", [42]) }),
    [pod(42, 0, 0), pod("Active", 1)],
    { create: [2], failedIndexes: "0" },
  ],
  [
    "all indexes over, one failed",
    job({ ...indexed, backoffLimitPerIndex: 0 }, { completedIndexes: "1-3" }),
    [pod(1, 0, 0)],
    { outcome: "FailedIndexes", failedIndexes: "0" },
  ],
  [
    "more failed indexes than may be",
    job({ ...indexed, backoffLimitPerIndex: 0, maxFailedIndexes: 0 }),
    [pod(1, 0, 0), pod("Active", 1)],
    { outcome: "MaxFailedIndexesExceeded", failedIndexes: "0", removed: 1 },
  ],
  [
    "enough indexes are done",
    job({
      ...indexed,
      successPolicy: { rules: [{ succeededIndexes: "2" }, { succeededIndexes: "0-1", succeededCount: 1 }] },
    }),
    [pod("Succeeded", 1), pod("Active", 0)],
    { outcome: "SuccessPolicy", removed: 1 },
  ],
] as const) {
  test(`a Job: ${name}`, () => {
    const plan = planJob(of, [...owned], NOW);
    const wanted = { create: [], removed: 0, outcome: undefined, failedIndexes: undefined, ...expected };
    assert.deepEqual(
      {
        create: plan.create.map(({ index }) => index),
        removed: plan.remove.length,
        outcome: plan.outcome?.reason,
        failedIndexes: plan.failedIndexes?.size ? formatIndexes(plan.failedIndexes) : undefined,
      },
      wanted,
    );
  });
}

test("which rule failed the Job is said as Kubernetes says it", () => {
  const failed = { ...pod(42), metadata: { name: "work-x", namespace: "n" } };
  const plan = planJob(job({ completions: 1, ...rules("FailJob", [42]) }), [failed], NOW);
  const message = "Container c for pod n/work-x failed with exit code 42 matching FailJob rule at index 0";
  assert.equal(plan.outcome?.message, message);
});

test("what is decided is told before the last pods have ended, and stays", () => {
  const of = job({ completions: 1, parallelism: 2, backoffLimit: 0 });
  const owned = [pod(1), pod("Active")];
  const first = jobStatus(of, owned, planJob(of, owned, NOW), NOW);
  assert.deepEqual(
    first.conditions?.map(({ type }) => type),
    ["FailureTarget"],
  );
  const again = { ...of, status: first };
  const left = jobStatus(again, [], planJob(again, [], NOW), NOW);
  assert.deepEqual(
    left.conditions?.map(({ type, reason }) => [type, reason]),
    [
      ["FailureTarget", "BackoffLimitExceeded"],
      ["Failed", "BackoffLimitExceeded"],
    ],
  );
});

test("the pod of an index is told it by annotation, label, name, host name and environment", () => {
  const made = indexedPod(job(indexed), 3, { counted: 1, ignored: 0 });
  assert.deepEqual([made.metadata?.generateName, made.spec?.hostname], ["work-3-", "work-3"]);
  assert.deepEqual(made.metadata?.annotations, { [INDEX]: "3", [FAILURES]: "1" });
  assert.equal(made.metadata?.labels?.[INDEX], "3");
  const [variable] = made.spec?.containers[0]?.env ?? [];
  assert.equal(variable?.name, "JOB_COMPLETION_INDEX");
});

for (const [text, indexes] of [
  ["", []],
  ["0", [0]],
  ["0,1", [0, 1]],
  ["0-2,4,6,7", [0, 1, 2, 4, 6, 7]],
] as const) {
  test(`indexes are written as ${JSON.stringify(text)}`, () => {
    assert.equal(formatIndexes(indexes), text);
    assert.deepEqual([...parseIndexes(text, 10)], indexes);
  });
}

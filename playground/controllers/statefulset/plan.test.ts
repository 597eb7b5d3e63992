import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatefulSet, StatefulSetSpec } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { planStateful, REVISION, revisionOf } from "./plan.ts";
import { statefulStatus } from "./status.ts";

const OLD = "db-old";

const set = (own: Partial<StatefulSetSpec>, status: Partial<StatefulSet["status"]> = {}): StatefulSet => ({
  metadata: { name: "db" },
  spec: { selector: {}, serviceName: "db", template: {}, replicas: 3, ...own },
  status: { replicas: 3, currentRevision: OLD, ...status },
});
const NEW = revisionOf(set({}));
const canary = (partition: number) => ({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition } } });

function pod(ordinal: number, revision: string, state: "ready" | "sick" | "leaving" = "ready"): Pod {
  const status = state === "sick" ? "False" : "True";
  return {
    metadata: {
      name: `db-${ordinal}`,
      labels: { [REVISION]: revision },
      ...(state === "leaving" && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    },
    status: { phase: "Running", conditions: [{ type: "Ready", status }] },
  };
}

for (const [name, of, owned, expected] of [
  ["the first pod comes first", set({}, { currentRevision: NEW }), [], [`create 0 ${NEW}`]],
  ["the highest is rolled first", set(canary(0)), [pod(0, OLD), pod(1, OLD), pod(2, OLD)], ["delete db-2"]],
  ["and none below the partition", set(canary(2)), [pod(0, OLD), pod(1, OLD), pod(2, NEW)], []],
  ["one that is lost below it comes back as it was", set(canary(2)), [pod(0, OLD), pod(2, NEW)], [`create 1 ${OLD}`]],
  ["one above it as it is to be", set(canary(2)), [pod(0, OLD), pod(1, OLD)], [`create 2 ${NEW}`]],
  ["the next waits for the one before", set(canary(0)), [pod(0, OLD), pod(1, OLD), pod(2, NEW, "sick")], ["wait"]],
  ["ordinals may begin later", set({ ordinals: { start: 5 } }), [pod(5, NEW)], [`create 6 ${NEW}`]],
  [
    "and then the partition counts from there",
    set({ ordinals: { start: 5 }, ...canary(1) }),
    [pod(5, OLD), pod(6, OLD), pod(7, NEW)],
    ["delete db-6"],
  ],
  ["the one at the partition is rolled", set(canary(1)), [pod(0, OLD), pod(1, OLD), pod(2, NEW)], ["delete db-1"]],
  [
    "by hand none is rolled",
    set({ updateStrategy: { type: "OnDelete" } }),
    [pod(0, OLD), pod(1, OLD), pod(2, OLD)],
    [],
  ],
  ["the last goes first", set({ replicas: 1 }), [pod(0, NEW), pod(1, NEW), pod(2, NEW)], ["delete db-2"]],
  ["one after another", set({ replicas: 1 }), [pod(0, NEW), pod(1, NEW), pod(2, NEW, "leaving")], ["wait"]],
  [
    "not while one before it is sick",
    set({ replicas: 1 }),
    [pod(0, NEW), pod(1, NEW, "sick"), pod(2, NEW, "sick")],
    ["wait"],
  ],
  [
    "a sick one goes when it is the first such",
    set({ replicas: 1 }),
    [pod(0, NEW), pod(1, NEW), pod(2, NEW, "sick")],
    ["delete db-2"],
  ],
  [
    "all at once without order",
    set({ replicas: 1, podManagementPolicy: "Parallel" }),
    [pod(0, NEW), pod(1, NEW, "sick"), pod(2, NEW, "sick")],
    ["delete db-2", "delete db-1"],
  ],
] as const) {
  test(`a StatefulSet: ${name}`, () => {
    const steps = planStateful(of, [...owned], of.status?.currentRevision ?? "");
    const shown = steps.map((step) => {
      if (step.do === "create") return `create ${step.ordinal} ${step.revision}`;
      return step.do === "delete" ? `delete ${step.pod.metadata?.name}` : step.do;
    });
    assert.deepEqual(shown, expected);
  });
}

test("the revision before stays the current one until every pod is of the new one and ready", () => {
  const some = statefulStatus(set(canary(2)), [pod(0, OLD), pod(1, OLD), pod(2, NEW)]);
  assert.deepEqual([some.currentRevision, some.currentReplicas, some.updatedReplicas], [OLD, 2, 1]);
  const none = statefulStatus(set(canary(2)), []);
  assert.equal(none.currentRevision, OLD);
  const all = statefulStatus(set({}), [pod(0, NEW), pod(1, NEW), pod(2, NEW)]);
  assert.deepEqual([all.currentRevision, all.currentReplicas, all.updatedReplicas], [NEW, 3, 3]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, DeploymentCondition, ReplicaSet } from "kubernetes-types/apps/v1";
import { deploymentStatus } from "./status.ts";

const START = "2026-01-01T00:00:00Z";
const now = Date.parse("2026-01-01T00:01:00Z");
const set = (name: string, replicas: number, ready: number, available = ready): ReplicaSet => ({
  metadata: { name },
  spec: { replicas, selector: {} },
  status: { replicas, readyReplicas: ready, availableReplicas: available },
});
const progressing = (status: string, reason: string, message: string, lastUpdateTime = START): DeploymentCondition => ({
  type: "Progressing",
  status,
  reason,
  message,
  lastUpdateTime,
  lastTransitionTime: START,
});
const deployment = (status: Deployment["status"] = {}): Deployment => ({
  metadata: { name: "web", generation: 3 },
  spec: {
    replicas: 2,
    selector: {},
    template: {},
    progressDeadlineSeconds: 60,
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  },
  status: { observedGeneration: 3, ...status },
});
const shown = (conditions: DeploymentCondition[] | undefined, type: string): string[] => {
  const found = conditions?.find((condition) => condition.type === type);
  return [found?.status ?? "", found?.reason ?? "", found?.message ?? ""];
};

test("a Deployment sums up its sets, and counts those of its template", () => {
  const { status } = deploymentStatus(deployment(), set("web-b", 1, 1, 0), [set("web-a", 2, 2)], now);
  const { conditions: _all, ...counts } = status;
  assert.deepEqual(counts, {
    observedGeneration: 3,
    replicas: 3,
    updatedReplicas: 1,
    readyReplicas: 3,
    availableReplicas: 2,
    unavailableReplicas: 1,
  });
});

for (const [name, available, expected] of [
  ["enough", 2, ["True", "MinimumReplicasAvailable", "Deployment has minimum availability."]],
  ["too few", 1, ["False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability."]],
] as const) {
  test(`a Deployment with ${name} available`, () => {
    const { status } = deploymentStatus(deployment(), set("web-b", 2, available), [], now);
    assert.deepEqual(shown(status.conditions, "Available"), expected);
  });
}

const UPDATED = ["True", "ReplicaSetUpdated", 'ReplicaSet "web-b" is progressing.'];
const DONE = ["True", "NewReplicaSetAvailable", 'ReplicaSet "web-b" has successfully progressed.'];
const LATE = ["False", "ProgressDeadlineExceeded", 'ReplicaSet "web-b" has timed out progressing.'];
const running = progressing(UPDATED[0] ?? "", UPDATED[1] ?? "", UPDATED[2] ?? "");
const done = progressing(DONE[0] ?? "", DONE[1] ?? "", DONE[2] ?? "");
const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 1 };

for (const [name, before, newReplicaSet, atMs, expected, waits] of [
  ["begins", {}, set("web-b", 1, 0), now, UPDATED, true],
  ["goes on", { ...counts, readyReplicas: 0, conditions: [running] }, set("web-b", 2, 1), now + 60_000, UPDATED, true],
  ["stands still within the deadline", { ...counts, conditions: [running] }, set("web-b", 2, 1), now, UPDATED, true],
  ["stands still beyond it", { ...counts, conditions: [running] }, set("web-b", 2, 1), now + 1_000, LATE, false],
  ["is over", { ...counts, conditions: [running] }, set("web-b", 2, 2), now, DONE, false],
  [
    "begins anew",
    { ...counts, readyReplicas: 2, availableReplicas: 2, conditions: [done] },
    set("web-b", 2, 1),
    now - 1_000,
    UPDATED,
    true,
  ],
] as [string, Deployment["status"], ReplicaSet, number, string[], boolean][]) {
  test(`a roll-out that ${name}`, () => {
    const { status, requeueAfterMs } = deploymentStatus(deployment(before), newReplicaSet, [], atMs);
    assert.deepEqual(shown(status.conditions, "Progressing"), expected);
    assert.equal(requeueAfterMs, waits ? 60_000 : undefined);
  });
}

test("times move only when something does", () => {
  const times = (of: Deployment, newReplicaSet: ReplicaSet) => {
    const { status } = deploymentStatus(of, newReplicaSet, [], now);
    const found = status.conditions?.find(({ type }) => type === "Progressing");
    return [found?.lastUpdateTime, found?.lastTransitionTime];
  };
  const NOW = "2026-01-01T00:01:00Z";
  assert.deepEqual(times(deployment({ ...counts, conditions: [running] }), set("web-b", 2, 1)), [START, START]);
  assert.deepEqual(times(deployment({ conditions: [running] }), set("web-b", 2, 1)), [NOW, START]);
  assert.deepEqual(times(deployment({ conditions: [progressing("False", "x", "y")] }), set("web-b", 2, 2)), [NOW, NOW]);
});

test("a Deployment without a set of its template keeps what was said of the last", () => {
  const { status } = deploymentStatus(deployment({ conditions: [done] }), undefined, [set("web-a", 2, 2)], now);
  assert.deepEqual(
    status.conditions?.map(({ type }) => type),
    ["Available", "Progressing"],
  );
  assert.deepEqual(deploymentStatus(deployment(), undefined, [], now).status.conditions?.length, 1);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, ReplicaSet } from "kubernetes-types/apps/v1";
import { intOrPercent, limits, planRolling, planScale } from "./rollout.ts";

const deployment = (replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment => ({
  spec: {
    replicas,
    selector: {},
    template: {},
    strategy: { rollingUpdate: { maxSurge, maxUnavailable } },
  },
});

const set = (name: string, replicas: number, availableReplicas: number): ReplicaSet => ({
  metadata: { name },
  spec: { replicas, selector: {} },
  status: { replicas, availableReplicas },
});

for (const [name, of, newReplicaSet, old, expected] of [
  ["the new set grows first", deployment(4, "25%", "25%"), [0, 0], [[4, 4]], { newReplicaSet: 1 }],
  ["then an old pod may go", deployment(4, "25%", "25%"), [1, 0], [[4, 4]], { old0: 3 }],
  ["and the new set grows into its place", deployment(4, "25%", "25%"), [1, 0], [[3, 4]], { newReplicaSet: 2 }],
  ["no more go while new ones are not available", deployment(4, "25%", "25%"), [2, 0], [[3, 4]], {}],
  ["nor when the status still tells of more", deployment(10, 3, 2), [5, 0], [[8, 10]], {}],
  ["once they are, the next may", deployment(4, "25%", "25%"), [2, 2], [[3, 3]], { old0: 1 }],
  [
    "broken old ones go first",
    deployment(4, 1, 0),
    [1, 1],
    [
      [2, 0],
      [2, 2],
    ],
    { old0: 1 },
  ],
  ["with no surge an old one makes room", deployment(2, 0, 1), [0, 0], [[2, 2]], { old0: 1 }],
] as const) {
  test(`rolling update: ${name}`, () => {
    const sets = old.map(([replicas, available], i) => set(`old${i}`, replicas, available));
    const plan = planRolling(of, set("newReplicaSet", newReplicaSet[0], newReplicaSet[1]), sets);
    assert.deepEqual(Object.fromEntries(plan.map((scale) => [scale.set.metadata?.name, scale.replicas])), expected);
  });
}

const recreate: Deployment = { spec: { replicas: 2, selector: {}, template: {}, strategy: { type: "Recreate" } } };
const paused: Deployment = { spec: { replicas: 5, selector: {}, template: {}, paused: true } };

for (const [name, of, newReplicaSet, old, expected] of [
  ["Recreate takes all old pods first", recreate, set("new", 0, 0), [set("old", 2, 2)], { old: 0 }],
  [
    "Recreate waits for the last of them",
    recreate,
    set("new", 0, 0),
    [{ ...set("old", 0, 0), status: { replicas: 1 } }],
    {},
  ],
  ["Recreate then makes the new ones", recreate, set("new", 0, 0), [set("old", 0, 0)], { new: 2 }],
  ["Recreate has nothing to do", recreate, set("new", 2, 0), [], {}],
  [
    "a rolling update shrinks the new set at once",
    deployment(1, 1, 0),
    set("new", 3, 3),
    [set("old", 2, 2)],
    { new: 1 },
  ],
  ["a paused one scales the only live set", paused, set("new", 0, 0), [set("old", 2, 2)], { old: 5 }],
  ["a paused one in the middle of a roll-out stays", paused, set("new", 1, 1), [set("old", 2, 2)], {}],
  ["a paused one of the right size stays", paused, set("new", 5, 5), [], {}],
] as [string, Deployment, ReplicaSet, ReplicaSet[], Record<string, number>][]) {
  test(name, () => {
    const plan = planScale(of, newReplicaSet, old);
    assert.deepEqual(Object.fromEntries(plan.map((scale) => [scale.set.metadata?.name, scale.replicas])), expected);
  });
}

test("percentages round up for the surge and down for what may be missing, and both are never none", () => {
  assert.deepEqual(limits(deployment(10, "25%", "25%")), { maxSurge: 3, maxUnavailable: 2 });
  assert.deepEqual(limits(deployment(1, "0%", "25%")), { maxSurge: 0, maxUnavailable: 1 });
  assert.deepEqual(limits(deployment(2, 0, 5)), { maxSurge: 0, maxUnavailable: 2 });
  assert.equal(intOrPercent(undefined, 10, "up"), 0);
});

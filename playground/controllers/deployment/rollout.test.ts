import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, ReplicaSet } from "kubernetes-types/apps/v1";
import { planRolling } from "./rollout.ts";

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

for (const [name, of, newSet, old, expected] of [
  ["the new set grows first", deployment(4, "25%", "25%"), [0, 0], [[4, 4]], { newSet: 1 }],
  ["then an old pod may go", deployment(4, "25%", "25%"), [1, 0], [[4, 4]], { old0: 3 }],
  ["and the new set grows into its place", deployment(4, "25%", "25%"), [1, 0], [[3, 4]], { newSet: 2 }],
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
    const plan = planRolling(of, set("newSet", newSet[0], newSet[1]), sets);
    assert.deepEqual(Object.fromEntries(plan.map((scale) => [scale.set.metadata?.name, scale.replicas])), expected);
  });
}

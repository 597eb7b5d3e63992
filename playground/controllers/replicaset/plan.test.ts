import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplicaSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { podNamed } from "#kit/cluster-objects.ts";
import { adopts, planReplicas } from "./plan.ts";

const set = (replicas: number | undefined, more: Partial<ReplicaSet["spec"]> = {}): ReplicaSet => ({
  metadata: { name: "web", namespace: "off" },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: {},
    ...(replicas !== undefined && { replicas }),
    ...more,
  },
});
const ready = (name: string, status = "True"): Pod =>
  podNamed(name, { spec: { nodeName: "n" }, status: { phase: "Running", conditions: [{ type: "Ready", status }] } });
const many = (count: number): Pod[] => Array.from({ length: count }, (_, i) => ready(`p${i}`));

for (const [name, of, owned, create, remove] of [
  ["none is there", set(3), [], 3, []],
  ["one, when nothing is said", set(undefined), [], 1, []],
  ["as many as asked for", set(2), many(2), 0, []],
  ["one too many: the one that is not ready goes", set(1), [ready("a"), ready("b", "False")], 0, ["b"]],
  ["none is wanted", set(0), many(2), 0, ["p0", "p1"]],
] as [string, ReplicaSet, Pod[], number, string[]][]) {
  test(`the pods of a ReplicaSet: ${name}`, () => {
    const plan = planReplicas(of, owned);
    assert.deepEqual([plan.create, plan.remove.map(({ metadata }) => metadata?.name)], [create, remove]);
  });
}

test("at most 500 pods are made or removed at once, and none without a template", () => {
  assert.equal(planReplicas(set(800), []).create, 500);
  assert.equal(planReplicas(set(0), many(600)).remove.length, 500);
  const { template: _none, ...spec } = set(1).spec ?? { selector: {} };
  assert.equal(planReplicas({ ...set(1), spec }, []).create, 0);
});

const orphan = podNamed("a", { metadata: { labels: { app: "web", tier: "1" } } });
const owner = { apiVersion: "v1", kind: "X", name: "x", uid: "x" };
for (const [name, pod, expected] of [
  ["one whose labels fit", orphan, true],
  [
    "one of another's",
    podNamed("a", { metadata: { ...orphan.metadata, ownerReferences: [{ ...owner, controller: true }] } }),
    false,
  ],
  [
    "one that has an owner, but no controller",
    podNamed("a", { metadata: { ...orphan.metadata, ownerReferences: [owner] } }),
    true,
  ],
  ["one with other labels", podNamed("a", { metadata: { labels: { app: "db" } } }), false],
  ["one of another namespace", podNamed("a", { metadata: { ...orphan.metadata, namespace: "else" } }), false],
  ["one that has ended", { ...orphan, status: { phase: "Failed" } }, false],
  [
    "one that is ending",
    podNamed("a", { metadata: { ...orphan.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    false,
  ],
] as [string, Pod, boolean][]) {
  test(`a ReplicaSet ${expected ? "adopts" : "leaves alone"} a pod: ${name}`, () =>
    assert.equal(adopts(set(1), pod), expected));
}

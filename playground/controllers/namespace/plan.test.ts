import assert from "node:assert/strict";
import { test } from "node:test";
import type { Namespace } from "kubernetes-types/core/v1";
import { finalized, isContent, isEnding, remainder, remainingConditions } from "./plan.ts";

const ending = { name: "off", deletionTimestamp: "2026-01-01T00:00:00Z" };
for (const [name, namespace, expected] of [
  ["that is gone", undefined, false],
  ["in use", { metadata: { name: "off" }, spec: { finalizers: ["kubernetes"] } }, false],
  ["that is being deleted", { metadata: ending, spec: { finalizers: ["kubernetes"] } }, true],
  ["that waits for others only", { metadata: ending, spec: { finalizers: ["example.com/mine"] } }, false],
] as [string, Namespace | undefined, boolean][]) {
  test(`a namespace ${name} is ${expected ? "" : "not "}emptied`, () => assert.equal(isEnding(namespace), expected));
}

test("what can be listed and deleted in a namespace is its content", () => {
  const pods = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };
  const verbs = ["list", "delete"];
  assert.equal(isContent({ ...pods, verbs }), true);
  assert.equal(isContent({ ...pods, verbs, namespaced: false }), false);
  assert.equal(isContent({ ...pods, verbs: ["list"] }), false);
  assert.equal(isContent({ ...pods, verbs: ["delete"] }), false);
});

test("what remains is told in Kubernetes' words, sorted, and once", () => {
  const resource = (group: string, plural: string) => ({ group, plural, version: "v1", kind: "X", namespaced: true });
  const remaining = [remainder(resource("", "pods"), 2), remainder(resource("apps", "deployments"), 1)];
  assert.deepEqual(remaining, ["pods. has 2 resource instances", "deployments.apps has 1 resource instances"]);
  const now = Date.parse("2026-01-01T00:00:00Z");
  const conditions = remainingConditions({ status: { phase: "Terminating" } }, remaining, now);
  assert.deepEqual(conditions, [
    {
      type: "NamespaceContentRemaining",
      status: "True",
      reason: "SomeResourcesRemain",
      message:
        "Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    },
  ]);
  const told = { status: { conditions: conditions ?? [] } };
  assert.equal(remainingConditions(told, [...remaining].reverse(), now), undefined);
  assert.equal(remainingConditions(told, remaining.slice(1), now)?.length, 1);
});

test("an empty namespace loses this controller's finalizer alone", () => {
  const namespace = { metadata: ending, spec: { finalizers: ["example.com/mine", "kubernetes"] } };
  assert.deepEqual(finalized(namespace).spec?.finalizers, ["example.com/mine"]);
});

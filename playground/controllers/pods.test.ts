import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { podNamed } from "#kit/cluster-objects.ts";
import { byDeletionCost, podFromTemplate, shortHash } from "./pods.ts";

test("a pod of a template is its owner's, and named after it", () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: { name: "web", namespace: "off", uid: "u1" } };
  const template = {
    metadata: { labels: { app: "web" }, annotations: { note: "kept" }, finalizers: ["example.com/mine"] },
    spec: { containers: [{ name: "c", image: "i" }] },
  };
  const pod = podFromTemplate(owner, template);
  assert.deepEqual(pod, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: "web-",
      namespace: "off",
      ...template.metadata,
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: "web",
          uid: "u1",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: template.spec,
  });
  assert.notEqual(pod.spec, template.spec);
  const named = podFromTemplate(owner, {}, "web-0").metadata;
  assert.deepEqual([named?.name, named?.generateName], ["web-0", undefined]);
});

test("a hash is of the value, not of the order of its fields, and fit for a name", () => {
  const hash = shortHash({ a: 1, b: [{ c: "x" }, null] });
  assert.match(hash, /^[a-z0-9]{10}$/);
  assert.equal(shortHash({ b: [{ c: "x" }, null], a: 1, gone: undefined }), hash);
  assert.notEqual(shortHash({ a: 1, b: [null, { c: "x" }] }), hash);
  assert.equal(shortHash("x", 5).length, 5);
});

function podIn(
  name: string,
  own: { node?: string; phase?: string; ready?: boolean; cost?: string; born?: string },
): Pod {
  const { node = "rome-1", phase = "Running", ready = true, cost, born = "2026-01-01T00:00:00Z" } = own;
  return podNamed(name, {
    metadata: {
      creationTimestamp: born,
      ...(cost !== undefined && { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
    },
    spec: node === "" ? {} : { nodeName: node },
    status: { phase, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  });
}

test("the pods that are cheapest to lose go first", () => {
  const ordered = [
    podIn("unassigned", { node: "", phase: "Pending", ready: false }),
    podIn("pending", { phase: "Pending", ready: false }),
    podIn("unknown", { phase: "Unknown", ready: false }),
    podIn("sick", { ready: false, cost: "100" }),
    podIn("cheap", { cost: "-1" }),
    podIn("young", { born: "2026-01-02T00:00:00Z" }),
    podIn("old", {}),
    podIn("dear", { cost: "10" }),
  ];
  const names = (list: readonly Pod[]) => list.map(({ metadata }) => metadata?.name);
  assert.deepEqual(names([...ordered].reverse().sort(byDeletionCost)), names(ordered));
  assert.equal(byDeletionCost(podIn("a", {}), podIn("b", {})), 0);
});

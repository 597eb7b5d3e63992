import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deployment, DeploymentSpec, ReplicaSet } from "kubernetes-types/apps/v1";
import { planNewReplicaSet, REVISION, surplusReplicaSets } from "./new-replica-set.ts";

const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "c", image }] },
});
const deployment = (image: string, own: Partial<DeploymentSpec> = {}, annotations = {}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "off", uid: "d1", annotations },
  spec: { replicas: 4, selector: { matchLabels: { app: "web" } }, template: template(image), ...own },
});

/** The set that was made of the template, as it is now. */
function made(image: string, revision: number, replicas = 0, name?: string): ReplicaSet {
  const plan = planNewReplicaSet(deployment(image), []);
  assert.equal(plan.do, "create");
  const { metadata, spec } = plan.set ?? {};
  return {
    metadata: {
      ...metadata,
      ...(name !== undefined && { name }),
      annotations: { ...metadata?.annotations, [REVISION]: String(revision) },
    },
    spec: { selector: {}, ...spec, replicas },
  };
}

test("the set of a new template is named after it, selects by it, and is the Deployment's", () => {
  const annotations = {
    "kubernetes.io/change-cause": "first",
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
  };
  const { do: verb, set } = planNewReplicaSet(deployment("web:1", { minReadySeconds: 5 }, annotations), []);
  const hash = set?.metadata?.labels?.["pod-template-hash"] ?? "";
  assert.equal(verb, "create");
  assert.match(hash, /^[a-z0-9]{10}$/);
  assert.deepEqual(set?.metadata, {
    name: `web-${hash}`,
    namespace: "off",
    labels: { app: "web", "pod-template-hash": hash },
    annotations: {
      "kubernetes.io/change-cause": "first",
      "deployment.kubernetes.io/desired-replicas": "4",
      "deployment.kubernetes.io/max-replicas": "4",
      [REVISION]: "1",
    },
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "d1", controller: true, blockOwnerDeletion: true },
    ],
  });
  const labels = { app: "web", "pod-template-hash": hash };
  assert.deepEqual(set?.spec, {
    replicas: 4,
    minReadySeconds: 5,
    selector: { matchLabels: labels },
    template: { ...template("web:1"), metadata: { labels } },
  });
});

const surge = { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };
const recreate = { strategy: { type: "Recreate" } };
for (const [name, own, old, expected] of [
  ["beside none", surge, [], 4],
  ["beside all of the old", surge, [made("web:0", 1, 4)], 1],
  ["beside more than there should be", surge, [made("web:0", 1, 9)], 0],
  ["after all of the old have gone", recreate, [made("web:0", 1, 0)], 4],
  ["while the old are there, with Recreate", recreate, [made("web:0", 1, 1)], 0],
] as [string, Partial<DeploymentSpec>, ReplicaSet[], number][]) {
  test(`a new set begins with ${expected} pods ${name}`, () => {
    assert.equal(planNewReplicaSet(deployment("web:1", own), old).set?.spec?.replicas, expected);
  });
}

test("a set that exists is kept, renumbered when it is rolled back to, and annotated as the Deployment is", () => {
  const [first, second] = [made("web:1", 1), made("web:2", 2)];
  assert.deepEqual(planNewReplicaSet(deployment("web:2"), [first, second]), { do: "keep", set: second, revision: "2" });
  const back = planNewReplicaSet(deployment("web:1"), [first, second]);
  assert.deepEqual([back.do, back.set, back.do === "annotate" && back.revision], ["annotate", first, "3"]);
  const caused = planNewReplicaSet(deployment("web:2", {}, { "kubernetes.io/change-cause": "x" }), [first, second]);
  assert.equal(caused.do === "annotate" && caused.annotations["kubernetes.io/change-cause"], "x");
  const third = planNewReplicaSet(deployment("web:3"), [first, second]);
  assert.deepEqual([third.do, third.do === "create" && third.revision], ["create", "3"]);
});

test("a paused Deployment begins nothing, and knows the set of its template", () => {
  const first = made("web:1", 1);
  assert.deepEqual(planNewReplicaSet(deployment("web:1", { paused: true }), [first]), { do: "pause", set: first });
  assert.deepEqual(planNewReplicaSet(deployment("web:2", { paused: true }), [first]), { do: "pause", set: undefined });
});

test("a hash that was taken by another template is another one", () => {
  const collided = { ...deployment("web:1"), status: { collisionCount: 1 } };
  assert.notEqual(
    planNewReplicaSet(collided, []).set?.metadata?.name,
    planNewReplicaSet(deployment("web:1"), []).set?.metadata?.name,
  );
});

test("empty sets beyond the limit go, the oldest first", () => {
  const old = [3, 1, 10, 2].map((revision) => made("web:1", revision, 0, `web-${revision}`));
  const busy = made("web:1", 0, 1, "web-busy");
  const leaving = { ...made("web:1", 0, 0, "web-leaving"), status: { replicas: 1 } };
  const removed = (limit?: number): (string | undefined)[] =>
    surplusReplicaSets(deployment("web:2", limit === undefined ? {} : { revisionHistoryLimit: limit }), [
      ...old,
      busy,
      leaving,
    ]).map(({ metadata }) => metadata?.name);
  assert.deepEqual(removed(), []);
  assert.deepEqual(removed(2), ["web-1", "web-2"]);
  assert.deepEqual(removed(0), ["web-1", "web-2", "web-3", "web-10"]);
});

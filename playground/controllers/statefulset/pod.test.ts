import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerRevision, StatefulSet } from "kubernetes-types/apps/v1";
import { REVISION, revisionOf } from "./plan.ts";
import { claimsOf, statefulPod, templatesOf } from "./pod.ts";

const set: StatefulSet = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "db", namespace: "off", uid: "s1" },
  spec: {
    selector: { matchLabels: { app: "db" } },
    serviceName: "db-peers",
    template: {
      metadata: { labels: { app: "db" } },
      spec: {
        containers: [{ name: "c", image: "db:2" }],
        volumes: [
          { name: "data", emptyDir: {} },
          { name: "tmp", emptyDir: {} },
        ],
      },
    },
    volumeClaimTemplates: [
      { metadata: { name: "data", labels: { tier: "1" } }, spec: { accessModes: ["ReadWriteOnce"] } },
    ],
  },
};
const NEW = revisionOf(set);

test("a pod is named by its ordinal, knows its peers' Service, and has a claim of its own", () => {
  const pod = statefulPod(set, 2, templatesOf(set, []).update);
  assert.equal(pod.metadata?.name, "db-2");
  assert.deepEqual(pod.metadata?.labels, {
    app: "db",
    "apps.kubernetes.io/pod-index": "2",
    "statefulset.kubernetes.io/pod-name": "db-2",
    [REVISION]: NEW,
  });
  assert.deepEqual([pod.spec?.hostname, pod.spec?.subdomain], ["db-2", "db-peers"]);
  // The claim takes the place of the volume of the same name.
  assert.deepEqual(pod.spec?.volumes, [
    { name: "tmp", emptyDir: {} },
    { name: "data", persistentVolumeClaim: { claimName: "data-db-2" } },
  ]);
  assert.deepEqual(claimsOf(set, 2), [
    {
      metadata: { name: "data-db-2", namespace: "off", labels: { tier: "1", app: "db" } },
      spec: { accessModes: ["ReadWriteOnce"] },
    },
  ]);
});

test("pods of the revision before are made of its template, if that is still known", () => {
  const template = { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "c", image: "db:1" }] } };
  const revision: ControllerRevision = {
    metadata: { name: "db-old" },
    data: { spec: { template: { ...template, $patch: "replace" } } },
    revision: 1,
  };
  const rolling = { ...set, status: { replicas: 1, currentRevision: "db-old" } };
  assert.deepEqual(templatesOf(rolling, [revision]).current, { revision: "db-old", template });
  assert.equal(templatesOf(rolling, [revision]).update.revision, NEW);
  assert.equal(templatesOf(rolling, []).current.revision, NEW);
  assert.equal(templatesOf(set, [revision]).current.revision, NEW);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as labels from "#api/labels.ts";
import { type PodSurroundings, podItem, requestsOf, trimPod } from "./pod.ts";
import { runningPod } from "./testing.ts";

const AT_HOME: PodSurroundings = {
  cluster: "milan",
  provider: undefined,
  origin: undefined,
  twinNamespace: undefined,
  contextOf: (id) => `context-of-${id}`,
};

const containers = (...states: object[]) => ({
  containerStatuses: states.map((state, i) => ({ name: `c${i}`, ready: false, restartCount: 0, state })),
});

describe("items of pods", () => {
  test("a pod that runs at home", () => {
    assert.deepEqual(podItem(trimPod(runningPod()), AT_HOME), {
      key: "pod/milan/shop/web-1",
      cluster: "milan",
      kind: "pod",
      namespace: "shop",
      name: "web-1",
      uid: "u1",
      node: "worker-1",
      health: "good",
      status: "Running",
      ready: "1/1",
      restarts: 2,
      ip: "10.244.0.3",
      containers: ["web"],
      createdAt: "2026-01-01T00:00:00Z",
      role: "native",
    });
  });

  for (const [what, status, word, health] of [
    ["it is not ready yet", { conditions: [] }, "Running", "waiting"],
    [
      "its image cannot be had",
      { phase: "Pending", ...containers({ waiting: { reason: "ImagePullBackOff" } }) },
      "ImagePullBackOff",
      "bad",
    ],
    ["it crashes", containers({ waiting: { reason: "CrashLoopBackOff" } }), "CrashLoopBackOff", "bad"],
    [
      "it is made",
      { phase: "Pending", ...containers({ waiting: { reason: "ContainerCreating" } }) },
      "ContainerCreating",
      "waiting",
    ],
    [
      "it is through",
      { phase: "Succeeded", ...containers({ terminated: { exitCode: 0, reason: "Completed" } }) },
      "Completed",
      "done",
    ],
    ["it failed", { phase: "Failed", ...containers({ terminated: { exitCode: 1 } }) }, "ExitCode:1", "bad"],
    ["it was evicted", { phase: "Failed", reason: "Evicted", containerStatuses: [] }, "Evicted", "bad"],
    [
      "no node takes it",
      {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }],
        containerStatuses: [],
      },
      "Pending",
      "bad",
    ],
    ["nobody has looked at it", { phase: "Pending", conditions: [], containerStatuses: [] }, "Pending", "waiting"],
  ] as const) {
    test(`${what}: ${health}, ${word}`, () => {
      const item = podItem(trimPod(runningPod({ status })), AT_HOME);
      assert.deepEqual([item.status, item.health], [word, health]);
    });
  }

  test("a pod that is being deleted is ending, whatever it was before", () => {
    const item = podItem(trimPod(runningPod({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })), AT_HOME);
    assert.deepEqual([item.status, item.health], ["Terminating", "ending"]);
  });

  test("a pod on a virtual node has its twin in the provider's namespace", () => {
    const item = podItem(runningPod(), { ...AT_HOME, provider: "rome", twinNamespace: "shop-milan" });
    assert.deepEqual([item.role, item.twin], ["offloaded", "pod/context-of-rome/shop-milan/web-1"]);
  });

  test("a pod on a virtual node whose namespace has no twin yet has none either", () => {
    const item = podItem(runningPod(), { ...AT_HOME, provider: "rome" });
    assert.deepEqual([item.role, item.twin], ["offloaded", undefined]);
  });

  test("a pod that a consumer has sent is the twin of the one there", () => {
    const origin = { clusterID: "milan", namespace: "shop" };
    const sent = runningPod({ metadata: { namespace: "shop-milan", labels: { [labels.ORIGIN]: "milan" } } });
    const item = podItem(trimPod(sent), { ...AT_HOME, cluster: "rome", origin });
    assert.deepEqual([item.role, item.twin], ["twin", "pod/context-of-milan/shop/web-1"]);
  });

  test("a label alone makes no twin: the namespace has to be one", () => {
    const labelled = runningPod({ metadata: { labels: { [labels.ORIGIN]: "milan" } } });
    assert.equal(podItem(trimPod(labelled), AT_HOME).role, "native");
  });

  for (const [reference, hash, owner] of [
    [{ kind: "ReplicaSet", name: "web-7d9f" }, "7d9f", "Deployment/web"],
    [{ kind: "ReplicaSet", name: "alone" }, undefined, "ReplicaSet/alone"],
    [{ kind: "Job", name: "backup" }, undefined, "Job/backup"],
  ] as const) {
    test(`a pod of ${reference.kind} ${reference.name} is one of ${owner}`, () => {
      const ownerReferences = [{ ...reference, apiVersion: "v1", uid: "u2", controller: true }];
      const pod = runningPod({ metadata: { ownerReferences, ...(hash && { labels: { "pod-template-hash": hash } }) } });
      assert.equal(podItem(trimPod(pod), AT_HOME).owner, owner);
    });
  }

  test("what an informer keeps of a pod has neither its environment nor its annotations", () => {
    const spec = { containers: [{ name: "web", env: [{ name: "PASSWORD", value: "hunter2" }], image: "web:v1" }] };
    const text = JSON.stringify(trimPod(runningPod({ spec, metadata: { annotations: { note: "long" } } })));
    assert.doesNotMatch(text, /hunter2|web:v1|long/);
  });

  test("requests are those of all containers", () => {
    const resources = { requests: { cpu: "100m", memory: "64Mi" } };
    const pod = runningPod({
      spec: {
        containers: [
          { name: "a", resources },
          { name: "b", resources },
        ],
      },
    });
    assert.deepEqual(requestsOf(trimPod(pod)), { cpu: 200, memory: 128 * 1024 * 1024 });
  });
});

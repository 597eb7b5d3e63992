import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import { planClaim } from "./plan.ts";

const LATE: StorageClass = {
  metadata: { name: "local-path" },
  provisioner: "rancher.io/local-path",
  volumeBindingMode: "WaitForFirstConsumer",
};

function claim(extra: Partial<PersistentVolumeClaim["spec"]> = {}, annotations = {}): PersistentVolumeClaim {
  return {
    metadata: { name: "data", namespace: "default", uid: "c1", annotations },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...extra },
  };
}

function volume(name: string, storage: string, extra: Partial<PersistentVolume["spec"]> = {}): PersistentVolume {
  return { metadata: { name }, spec: { accessModes: ["ReadWriteOnce"], capacity: { storage }, ...extra } };
}

test("a claim gets the smallest volume that is large enough and of its class", () => {
  const volumes = [
    volume("big", "10Gi"),
    volume("small", "1Mi"),
    volume("fit", "2Gi"),
    volume("other", "1Gi", { storageClassName: "x" }),
  ];
  const plan = planClaim(claim(), undefined, volumes);
  assert.equal(plan.do === "bind" && plan.volume.metadata?.name, "fit");
});

test("a claim that waits for its first consumer is provisioned on the node the scheduler chose", () => {
  const late = { storageClassName: "local-path" };
  assert.deepEqual(planClaim(claim(late), LATE, []), {
    do: "wait",
    reason: "WaitForFirstConsumer",
    message: "waiting for first consumer to be created before binding",
  });
  const chosen = claim(late, { "volume.kubernetes.io/selected-node": "worker-node-2" });
  assert.deepEqual(planClaim(chosen, LATE, []), { do: "provision", nodeName: "worker-node-2" });
});

test("a claim without class and without volume says why it waits", () => {
  const plan = planClaim(claim(), undefined, []);
  assert.equal(plan.do === "wait" && plan.reason, "FailedBinding");
});

test("a bound claim whose volume has gone is lost", () => {
  assert.equal(planClaim({ ...claim({ volumeName: "v" }), status: { phase: "Bound" } }, undefined, []).do, "lose");
});

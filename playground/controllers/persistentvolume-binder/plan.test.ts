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

const ofClass = (provisioner: string, volumeBindingMode = "Immediate"): StorageClass => ({
  metadata: { name: "c" },
  provisioner,
  volumeBindingMode,
});

for (const [name, of, storageClass, volumes, expected] of [
  ["of an unknown class", claim({ storageClassName: "c" }), undefined, [], "ProvisioningFailed"],
  [
    "of a class without provisioner",
    claim({ storageClassName: "c" }),
    ofClass("kubernetes.io/no-provisioner"),
    [],
    "FailedBinding",
  ],
  [
    "of local-path, for no node",
    claim({ storageClassName: "c" }),
    ofClass("rancher.io/local-path"),
    [],
    "ProvisioningFailed",
  ],
  ["of another's class", claim({ storageClassName: "c" }), ofClass("example.com/disk"), [], "ExternalProvisioning"],
  ["for a volume that is not there yet", claim({ volumeName: "v" }), undefined, [], undefined],
  [
    "for a volume that another has",
    claim({ volumeName: "v" }),
    undefined,
    [volume("v", "1Gi", { claimRef: { uid: "c2", name: "x" } })],
    undefined,
  ],
] as [string, PersistentVolumeClaim, StorageClass | undefined, PersistentVolume[], string | undefined][]) {
  test(`a claim ${name} waits: ${expected ?? "without a word"}`, () => {
    const plan = planClaim(of, storageClass, volumes);
    assert.deepEqual([plan.do, plan.do === "wait" ? plan.reason : ""], ["wait", expected]);
  });
}

test("a claim gets the volume that it names, and one that was set aside for it even before it has a node", () => {
  const named = planClaim(claim({ volumeName: "v" }), undefined, [volume("v", "1Gi")]);
  assert.equal(named.do === "bind" && named.volume.metadata?.name, "v");
  const claimRef = { namespace: "default", name: "data" };
  const aside = volume("v", "1Gi", { claimRef, storageClassName: "local-path" });
  const reserved = planClaim(claim({ storageClassName: "local-path" }), LATE, [aside]);
  assert.equal(reserved.do === "bind" && reserved.volume.metadata?.name, "v");
  const taken = { ...claim({ volumeName: "v" }), status: { phase: "Bound" } };
  const other = volume("v", "1Gi", { claimRef: { uid: "c2", name: "x" } });
  assert.equal(planClaim(taken, undefined, [other]).do, "lose");
});

test("a volume that its node cannot reach does not do", () => {
  const required = {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["rome-2"] }] }],
  };
  const there = volume("v", "1Gi", { nodeAffinity: { required } });
  assert.equal(planClaim(claim(), undefined, [there], { metadata: { name: "rome-1" } }).do, "wait");
  assert.equal(planClaim(claim(), undefined, [there], { metadata: { name: "rome-2" } }).do, "bind");
});

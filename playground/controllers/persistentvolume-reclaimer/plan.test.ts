import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { planVolume } from "./plan.ts";

const claimRef = { name: "data", namespace: "default", uid: "c1" };
const claimOf = (uid: string, volumeName = "v"): PersistentVolumeClaim => ({
  metadata: { name: "data", namespace: "default", uid },
  spec: { volumeName },
});
const volume = (policy: string, phase: string, reference: object | undefined = claimRef): PersistentVolume => ({
  metadata: { name: "v" },
  spec: { persistentVolumeReclaimPolicy: policy, ...(reference !== undefined && { claimRef: reference }) },
  status: { phase },
});

for (const [name, of, claim, expected] of [
  ["of nobody", { metadata: { name: "v" }, spec: {} }, undefined, "available"],
  ["set aside by name", volume("Delete", "Available", { name: "data", namespace: "default" }), undefined, "available"],
  ["that its claim has", volume("Delete", "Available"), claimOf("c1"), "bound"],
  ["that its claim does not have yet", volume("Delete", "Available"), claimOf("c1", ""), "keep"],
  ["whose claim has gone", volume("Delete", "Bound"), undefined, "release"],
  ["whose claim was made anew", volume("Delete", "Bound"), claimOf("c2"), "release"],
  ["released, to be deleted", volume("Delete", "Released"), undefined, "reclaim"],
  [
    "released, of another provisioner",
    {
      ...volume("Delete", "Released"),
      metadata: { name: "v", annotations: { "pv.kubernetes.io/provisioned-by": "x" } },
    },
    undefined,
    "keep",
  ],
  ["released, to be kept", volume("Retain", "Released"), undefined, "keep"],
] as [string, PersistentVolume, PersistentVolumeClaim | undefined, string][]) {
  test(`a volume ${name}: ${expected}`, () => assert.equal(planVolume(of, claim), expected));
}

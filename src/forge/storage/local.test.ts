import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { matchesNodeSelector } from "#machinery/node-affinity.ts";
import { forgeLocalVolume, forgeRealClaim } from "./local.ts";

const UID = "0f8fad5b-d9cb-469f-a165-70867728950e";
const CLAIM: PersistentVolumeClaim = {
  metadata: {
    namespace: "shop",
    name: "data",
    uid: UID,
    annotations: { "volume.kubernetes.io/selected-node": "worker-node-1", own: "kept at home" },
  },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "liqo",
    volumeMode: "Filesystem",
    volumeName: "",
    resources: { requests: { storage: "2Gi" } },
  },
};
const real = (nodes: readonly string[]): PersistentVolume => ({
  metadata: { name: "real" },
  spec: {
    accessModes: ["ReadWriteOnce"],
    capacity: { storage: "3Gi" },
    claimRef: { name: UID, namespace: "liqo-storage" },
    csi: { driver: "example.com", volumeHandle: "7" },
    mountOptions: ["noatime"],
    persistentVolumeReclaimPolicy: "Retain",
    storageClassName: "fast",
    nodeAffinity: {
      required: {
        nodeSelectorTerms: nodes.map((name) => ({
          matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [name] }],
        })),
      },
    },
  },
});
const node = (name: string, type?: string) => ({
  metadata: { name, labels: { "kubernetes.io/hostname": name, ...(type !== undefined && { "liqo.io/type": type }) } },
});

for (const [name, expected, storageClass] of [
  ["the class that Liqo was given", "fast", "fast"],
  ["the cluster's default", undefined, undefined],
] as const) {
  test(`the real claim asks for ${name}, with all else that was asked for`, () => {
    const { metadata, spec } = forgeRealClaim(CLAIM, "liqo-storage", storageClass);
    assert.deepEqual([metadata?.namespace, metadata?.name], ["liqo-storage", UID]);
    assert.deepEqual(spec, {
      accessModes: ["ReadWriteOnce"],
      volumeMode: "Filesystem",
      resources: { requests: { storage: "2Gi" } },
      ...(expected !== undefined && { storageClassName: expected }),
    });
  });
}

test("the real claim is for the same node, and says whom it serves", () => {
  const { metadata } = forgeRealClaim(CLAIM, "liqo-storage", undefined);
  assert.deepEqual(metadata?.annotations, {
    "volume.kubernetes.io/selected-node": "worker-node-1",
    "volume.alpha.kubernetes.io/selected-node": "worker-node-1",
  });
  assert.deepEqual(metadata?.labels, {
    "storage.liqo.io/virtual-pvc-namespace": "shop",
    "storage.liqo.io/virtual-pvc-name": "data",
  });
});

test("a name that no label can have is not told", () => {
  const long = { ...CLAIM, metadata: { ...CLAIM.metadata, name: "d".repeat(64) } };
  const { metadata } = forgeRealClaim(long, "liqo-storage", undefined);
  assert.deepEqual(metadata?.labels, { "storage.liqo.io/virtual-pvc-namespace": "shop" });
});

test("the volume is the real one's source, for the claim that asked, of its class and size", () => {
  const { metadata, spec } = forgeLocalVolume(CLAIM, real(["worker-node-1"]), "Delete");
  assert.equal(metadata?.name, `pvc-${UID}`);
  assert.deepEqual(metadata.annotations, { "pv.kubernetes.io/provisioned-by": "liqo.io/storage" });
  const { nodeAffinity: _nodes, ...rest } = spec ?? {};
  assert.deepEqual(rest, {
    csi: { driver: "example.com", volumeHandle: "7" },
    accessModes: ["ReadWriteOnce"],
    volumeMode: "Filesystem",
    storageClassName: "liqo",
    mountOptions: ["noatime"],
    capacity: { storage: "2Gi" },
    claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "shop", name: "data", uid: UID },
    persistentVolumeReclaimPolicy: "Delete",
  });
});

for (const [name, nodes, at, expected] of [
  ["where the real one is", ["a"], node("a"), true],
  ["on any of its nodes", ["a", "b"], node("b"), true],
  ["nowhere else", ["a"], node("b"), false],
  ["on all nodes at home when the real one is", [], node("b"), true],
  ["on no virtual node", [], node("liqo-rome", "virtual-node"), false],
  ["on no virtual node of that name", ["a", "b"], node("b", "virtual-node"), false],
] as const) {
  test(`the volume is there ${name}`, () => {
    const { spec } = forgeLocalVolume(CLAIM, real(nodes), "Delete");
    assert.ok(spec?.nodeAffinity?.required !== undefined);
    assert.equal(matchesNodeSelector(spec.nodeAffinity.required, at), expected);
  });
}

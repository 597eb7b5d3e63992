import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { type ClaimPlan, planClaim } from "./plan.ts";

const ASKED = {
  "volume.kubernetes.io/selected-node": "worker-node-1",
  "volume.kubernetes.io/storage-provisioner": "liqo.io/storage",
};
const claim = (metadata: object = {}, spec: object = {}): PersistentVolumeClaim => ({
  metadata: { namespace: "shop", name: "data", uid: "1", annotations: ASKED, ...metadata },
  spec: { storageClassName: "liqo", ...spec },
});
const HOME: Node = { metadata: { name: "worker-node-1" } };
const VIRTUAL: Node = { metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } } };
const VOLUME: PersistentVolume = { metadata: { name: "real" } };
const real = (phase: string, storageClassName = "fast"): PersistentVolumeClaim => ({
  metadata: { namespace: "liqo-storage", name: "1" },
  spec: { storageClassName, volumeName: "real" },
  status: { phase },
});
const { "volume.kubernetes.io/selected-node": _node, ...WITHOUT_NODE } = ASKED;

for (const [name, expected, asking, node, behind, volume] of [
  ["nobody asked us for", "nothing", claim({ annotations: { ...ASKED, [keyOfProvisioner()]: "x" } }), HOME],
  ["of another class", "nothing", claim({}, { storageClassName: "fast" }), HOME],
  ["that has a volume", "nothing", claim({}, { volumeName: "pvc-1" }), HOME],
  ["that is being deleted", "nothing", claim({ deletionTimestamp: "2026-01-01T00:00:00Z" }), HOME],
  ["whose pod has no node yet", "nothing", claim({ annotations: WITHOUT_NODE }), HOME],
  ["of a virtual node", "nothing", claim(), VIRTUAL],
  ["whose node has gone", "reschedule", claim(), undefined],
  ["without a claim behind it", "claim", claim(), HOME],
  ["whose claim has no volume yet", "nothing", claim(), HOME, real("Pending")],
  ["whose claim's volume is not known yet", "nothing", claim(), HOME, real("Bound")],
  ["whose claim has a volume", "provide", claim(), HOME, real("Bound"), VOLUME],
  [
    "that is to begin as another's copy",
    "refuse",
    claim({}, { dataSource: { kind: "PersistentVolumeClaim", name: "2" } }),
    HOME,
  ],
  [
    "that names another's copy anew",
    "refuse",
    claim({}, { dataSourceRef: { kind: "VolumeSnapshot", name: "2" } }),
    HOME,
  ],
  ["that would be served by itself", "refuse", claim(), HOME, real("Pending", "liqo")],
] as [string, ClaimPlan["do"], PersistentVolumeClaim, Node?, PersistentVolumeClaim?, PersistentVolume?][]) {
  test(`a claim ${name}: ${expected}`, () => {
    const seen = { claim: asking, node, real: behind, realVolume: volume };
    assert.equal(planClaim(seen, "liqo").do, expected);
  });
}

test("servers before 1.23 name the provisioner with another annotation", () => {
  const annotations = { ...WITHOUT_NODE, "volume.kubernetes.io/selected-node": "worker-node-1" };
  const { "volume.kubernetes.io/storage-provisioner": provisioner, ...rest } = annotations;
  const old = { ...rest, "volume.beta.kubernetes.io/storage-provisioner": provisioner };
  const seen = { claim: claim({ annotations: old }), node: HOME, real: undefined, realVolume: undefined };
  assert.equal(planClaim(seen, "liqo").do, "claim");
});

function keyOfProvisioner(): string {
  return "volume.kubernetes.io/storage-provisioner";
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { planVolume, type VolumePlan } from "./plan.ts";

const volume = (more: { by?: string; phase?: string; policy?: string; ending?: boolean } = {}): PersistentVolume => ({
  metadata: {
    name: "pvc-1",
    annotations: { "pv.kubernetes.io/provisioned-by": more.by ?? "liqo.io/storage" },
    ...(more.ending === true && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  },
  spec: { claimRef: { uid: "1" }, persistentVolumeReclaimPolicy: more.policy ?? "Delete" },
  status: { phase: more.phase ?? "Released" },
});
const REAL: PersistentVolumeClaim = { metadata: { namespace: "liqo-storage", name: "1" } };
const ENDING: PersistentVolumeClaim = { metadata: { ...REAL.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };

for (const [name, expected, of, real] of [
  ["in use", "nothing", volume({ phase: "Bound" }), REAL],
  ["of somebody else", "nothing", volume({ by: "rancher.io/local-path" }), REAL],
  ["that is to be kept", "nothing", volume({ policy: "Retain" }), REAL],
  ["that is being removed", "nothing", volume({ ending: true }), undefined],
  ["that was left", "remove-real-claim", volume(), REAL],
  ["whose real claim goes", "wait", volume(), ENDING],
  ["whose real claim has gone, or is at a provider", "remove", volume(), undefined],
] as [string, VolumePlan, PersistentVolume, PersistentVolumeClaim?][]) {
  test(`a volume ${name}: ${expected}`, () => assert.equal(planVolume(of, real), expected));
}

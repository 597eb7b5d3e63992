import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import type { PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { nodeNamed } from "#kit/cluster-objects.ts";
import { startEngineParts } from "#kit/engine-parts.ts";
import { nodes, persistentVolumeClaims, persistentVolumes, storageClasses } from "#machinery/builtin.ts";
import { volumeReclaimer } from "../persistentvolume-reclaimer/controller.ts";
import { claimBinder } from "./controller.ts";

const PROVISIONER = "rancher.io/local-path";
const key = { namespace: "off", name: "data" };
const newClaim = (storageClassName: string, annotations = {}): PersistentVolumeClaim => ({
  metadata: { ...key, annotations },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName },
});

test("a claim of local-path gets a folder on its node, which goes with the claim", async () => {
  await using parts = await startEngineParts();
  const { ctx, client, deps } = parts;
  parts.run(claimBinder, volumeReclaimer);
  await client.create(ctx, nodes, nodeNamed("rome-1"));
  const volumeBindingMode = "WaitForFirstConsumer";
  await client.create(ctx, storageClasses, { metadata: { name: "late" }, provisioner: PROVISIONER, volumeBindingMode });
  await client.create(ctx, persistentVolumeClaims, newClaim("late"));
  assert.equal(await parts.told("WaitForFirstConsumer"), "waiting for first consumer to be created before binding");
  const annotations = { "volume.kubernetes.io/selected-node": "rome-1" };
  await client.patch(ctx, persistentVolumeClaims, key, "merge", { metadata: { annotations } });
  const claim = await parts.seen(persistentVolumeClaims, key, ({ status }) => status?.phase === "Bound");
  const name = `pvc-${claim.metadata?.uid}`;
  assert.equal(claim.spec?.volumeName, name);
  assert.equal(claim.status?.capacity?.["storage"], "1Gi");
  assert.deepEqual(claim.metadata?.annotations, {
    ...annotations,
    "pv.kubernetes.io/bind-completed": "yes",
    "pv.kubernetes.io/bound-by-controller": "yes",
    "volume.beta.kubernetes.io/storage-provisioner": PROVISIONER,
    "volume.kubernetes.io/storage-provisioner": PROVISIONER,
  });
  assert.equal(await parts.told("ProvisioningSucceeded"), `Successfully provisioned volume ${name}`);
  const volume = await parts.seen(persistentVolumes, { name }, ({ status }) => status?.phase === "Bound");
  const path = volume.spec?.hostPath?.path ?? "";
  assert.equal(path, `${deps.settings.volumes}/${name}_off_data`);
  mkdirSync(path, { recursive: true });
  await client.delete(ctx, persistentVolumeClaims, key);
  await parts.gone(persistentVolumes, { name });
  assert.equal(existsSync(path), false);
});

test("a claim takes a volume that was made by hand, which is kept when the claim goes", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(claimBinder, volumeReclaimer);
  await client.create(ctx, persistentVolumeClaims, newClaim("manual"));
  assert.equal(await parts.told("ProvisioningFailed"), 'storageclass.storage.k8s.io "manual" not found');
  await client.create(ctx, persistentVolumes, {
    metadata: { name: "v" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "2Gi" },
      hostPath: { path: "/srv/v" },
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "manual",
    },
  });
  const claim = await parts.seen(persistentVolumeClaims, key, ({ status }) => status?.phase === "Bound");
  assert.deepEqual([claim.spec?.volumeName, claim.status?.capacity?.["storage"]], ["v", "2Gi"]);
  await client.delete(ctx, persistentVolumeClaims, key);
  const volume = await parts.seen(persistentVolumes, { name: "v" }, ({ status }) => status?.phase === "Released");
  assert.equal(volume.spec?.claimRef?.uid, claim.metadata?.uid);
});

test("a bound claim whose volume goes is lost", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(claimBinder);
  const spec = { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/srv/v" } };
  await client.create(ctx, persistentVolumes, {
    metadata: { name: "v" },
    spec: { ...spec, storageClassName: "manual" },
  });
  await client.create(ctx, persistentVolumeClaims, newClaim("manual"));
  await parts.seen(persistentVolumeClaims, key, ({ status }) => status?.phase === "Bound");
  await client.delete(ctx, persistentVolumes, { name: "v" });
  await parts.seen(persistentVolumeClaims, key, ({ status }) => status?.phase === "Lost");
  assert.equal(await parts.told("ClaimLost"), "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
});

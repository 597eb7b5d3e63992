import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import { startEngineParts } from "#kit/engine-parts.ts";
import { persistentVolumeClaims, persistentVolumes, storageClasses } from "#machinery/builtin.ts";
import { localPathReclaimer } from "../local-path-reclaimer/controller.ts";
import { localPathProvisioner } from "./controller.ts";
import { LOCAL_PATH, removeFolder } from "./volume.ts";

const claimKey = { namespace: "off", name: "data" };

test("the external provisioner makes the volume of a claim for its node and leaves the binding to others", async () => {
  await using parts = await startEngineParts();
  const { ctx, client, deps } = parts;
  parts.run(localPathProvisioner, localPathReclaimer);
  const spec = {
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: "1Gi" } },
    storageClassName: "late",
  };
  const annotations = { "volume.kubernetes.io/selected-node": "rome-1" };
  const { metadata } = await client.create(ctx, persistentVolumeClaims, {
    metadata: { ...claimKey, annotations },
    spec,
  });
  // The class comes later: the claim is looked at again.
  const volumeBindingMode = "WaitForFirstConsumer";
  await client.create(ctx, storageClasses, { metadata: { name: "late" }, provisioner: LOCAL_PATH, volumeBindingMode });
  const name = `pvc-${metadata?.uid}`;
  const volume = await parts.seen(persistentVolumes, { name });
  assert.deepEqual(volume.spec?.nodeAffinity?.required?.nodeSelectorTerms, [
    { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["rome-1"] }] },
  ]);
  assert.equal((await client.get(ctx, persistentVolumeClaims, claimKey)).spec?.volumeName, undefined);
  const path = volume.spec?.hostPath?.path ?? "";
  mkdirSync(path, { recursive: true });
  const released = { status: { phase: "Released" } };
  const foreign = { accessModes: spec.accessModes, capacity: { storage: "1Gi" }, hostPath: { path: "/srv/v" } };
  await client.create(ctx, persistentVolumes, {
    metadata: { name: "foreign" },
    spec: { ...foreign, claimRef: { ...claimKey, uid: "gone" }, persistentVolumeReclaimPolicy: "Delete" },
  });
  for (const each of ["foreign", name])
    await client.patch(ctx, persistentVolumes, { name: each }, "merge", released, { subresource: "status" });
  await parts.gone(persistentVolumes, { name });
  assert.equal(existsSync(path), false);
  // Of another provisioner, or of nobody.
  assert.notEqual(await client.find(ctx, persistentVolumes, { name: "foreign" }), undefined);
  assert.equal(existsSync(deps.settings.volumes), true);
});

test("of a volume that points elsewhere no folder is removed", async () => {
  await using parts = await startEngineParts();
  const { volumes } = parts.deps.settings;
  mkdirSync(`${volumes}/a/b`, { recursive: true });
  for (const path of [volumes, `${volumes}/a/b`]) removeFolder({ spec: { hostPath: { path } } }, volumes);
  removeFolder({ spec: {} }, volumes);
  assert.equal(existsSync(`${volumes}/a/b`), true);
  removeFolder({ spec: { hostPath: { path: `${volumes}/a` } } }, volumes);
  assert.equal(existsSync(`${volumes}/a`), false);
});

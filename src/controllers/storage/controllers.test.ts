/** The three controllers together, on an API server without a volume controller: this test is one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Deps } from "#controllers/deps.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen } from "#kit/two-clusters.ts";
import { namespaces, nodes, persistentVolumeClaims, persistentVolumes, roleBindings } from "#machinery/builtin.ts";
import { storageClaimController } from "./claim/controller.ts";
import { storageNamespaceController } from "./namespace/controller.ts";
import { storageVolumeController } from "./volume/controller.ts";

const SPEC = {
  accessModes: ["ReadWriteOnce"],
  storageClassName: "liqo",
  resources: { requests: { storage: "1Gi" } },
};
const asked = (node: string) => ({
  "volume.kubernetes.io/selected-node": node,
  "volume.kubernetes.io/storage-provisioner": "liqo.io/storage",
});
const FACTORIES = [storageNamespaceController, storageClaimController, storageVolumeController].map(
  (factory) => (deps: Deps) => factory({ ...deps, settings: { ...deps.settings, realStorageClass: "fast" } }),
);

test("the life of a volume at home, and of the namespace that it is claimed in", async () => {
  await using running = await runControllers(FACTORIES, async (ctx, client) => {
    await client.create(ctx, nodes, { metadata: { name: "worker-node-1" } });
  });
  const { ctx, client } = running;
  assert.equal(await client.find(ctx, namespaces, { name: "liqo-storage" }), undefined);
  const key = { namespace: "default", name: "data" };
  const claim = { metadata: { ...key, annotations: asked("worker-node-1") }, spec: SPEC };
  const { metadata: { uid = "" } = {} } = await client.create(ctx, persistentVolumeClaims, claim);
  const real = { namespace: "liqo-storage", name: uid };
  const behind = await seen(client, persistentVolumeClaims, real, () => true);
  assert.equal(behind.spec?.storageClassName, "fast");
  await client.get(ctx, roleBindings, { namespace: "liqo-storage", name: "liqo-controller-manager-storage" });

  await client.create(ctx, persistentVolumes, {
    metadata: { name: "real" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "1Gi" },
      hostPath: { path: "/somewhere" },
      claimRef: { namespace: "liqo-storage", name: uid },
    },
  });
  const metadata = { finalizers: ["kubernetes.io/pvc-protection"] };
  await client.patch(ctx, persistentVolumeClaims, real, "merge", { metadata, spec: { volumeName: "real" } });
  await client.patch(ctx, persistentVolumeClaims, real, "merge", { status: { phase: "Bound" } }, STATUS);
  const volume = await seen(client, persistentVolumes, { name: `pvc-${uid}` }, () => true);
  assert.deepEqual([volume.spec?.hostPath?.path, volume.spec?.claimRef?.uid], ["/somewhere", uid]);

  await client.patch(
    ctx,
    persistentVolumes,
    { name: `pvc-${uid}` },
    "merge",
    { status: { phase: "Released" } },
    STATUS,
  );
  await seen(client, persistentVolumeClaims, real, ({ metadata }) => metadata?.deletionTimestamp !== undefined);
  await client.get(ctx, persistentVolumes, { name: `pvc-${uid}` });
  // As the protection controller does when no pod has it.
  await client.patch(ctx, persistentVolumeClaims, real, "merge", { metadata: { finalizers: null } });
  await gone(client, persistentVolumes, { name: `pvc-${uid}` });
});

test("a claim whose node has gone is given back to the scheduler", async () => {
  await using running = await runControllers(FACTORIES);
  const { ctx, client } = running;
  const key = { namespace: "default", name: "data" };
  await client.create(ctx, persistentVolumeClaims, { metadata: { ...key, annotations: asked("gone") }, spec: SPEC });
  const given = await seen(
    client,
    persistentVolumeClaims,
    key,
    ({ metadata }) => metadata?.annotations?.["volume.kubernetes.io/selected-node"] === undefined,
  );
  assert.equal(given.spec?.storageClassName, "liqo");
});

const STATUS = { subresource: "status" };

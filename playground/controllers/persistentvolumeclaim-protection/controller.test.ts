import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngineParts } from "#kit/engine-parts.ts";
import { persistentVolumeClaims, persistentVolumes, pods } from "#machinery/builtin.ts";
import { volumeProtection } from "../persistentvolume-protection/controller.ts";
import { claimProtection } from "./controller.ts";

const claimKey = { namespace: "off", name: "data" };
const podKey = { namespace: "off", name: "db" };
const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, volumeName: "v" };

test("a claim that is deleted stays until no pod uses it, and its volume until there is no such claim", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const finalizers = ["kubernetes.io/pvc-protection"];
  const claim = await client.create(ctx, persistentVolumeClaims, { metadata: { ...claimKey, finalizers }, spec });
  const unused = { namespace: "off", name: "unused" };
  await client.create(ctx, persistentVolumeClaims, { metadata: { ...unused, finalizers }, spec });
  const claimRef = { ...claimKey, uid: claim.metadata?.uid ?? "" };
  await client.create(ctx, persistentVolumes, {
    metadata: { name: "v", finalizers: ["kubernetes.io/pv-protection", "example.com/mine"] },
    spec: { accessModes: spec.accessModes, capacity: { storage: "1Gi" }, hostPath: { path: "/srv/v" }, claimRef },
  });
  const volumes = [{ name: "d", persistentVolumeClaim: { claimName: "data" } }];
  await client.create(ctx, pods, { metadata: podKey, spec: { containers: [{ name: "c", image: "i" }], volumes } });
  parts.run(claimProtection, volumeProtection);
  for (const [resource, key] of [
    [persistentVolumeClaims, claimKey],
    [persistentVolumes, { name: "v" }],
    [persistentVolumeClaims, unused],
  ] as const)
    await client.delete(ctx, resource, key);
  // It is deleted last: by then the others have been looked at.
  await parts.gone(persistentVolumeClaims, unused);
  assert.notEqual(await client.find(ctx, persistentVolumeClaims, claimKey), undefined);
  assert.equal((await client.get(ctx, persistentVolumes, { name: "v" })).metadata?.finalizers?.length, 2);
  await client.patch(ctx, pods, podKey, "merge", { status: { phase: "Succeeded" } }, { subresource: "status" });
  await parts.gone(persistentVolumeClaims, claimKey);
  // Only its own finalizer is taken.
  await parts.seen(
    persistentVolumes,
    { name: "v" },
    ({ metadata }) => metadata?.finalizers?.join() === "example.com/mine",
  );
});

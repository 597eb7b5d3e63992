/** Removes a volume that its claim has left, with its folder. Kubernetes: pkg/controller/volume/persistentvolume/pv_controller.go (reclaimVolume) */
import type { PersistentVolume } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { persistentVolumes } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import type { ProvisionerDeps } from "../local-path-provisioner/provision.ts";
import { removeFolder } from "../local-path-provisioner/volume.ts";

export async function reclaim(ctx: Context, deps: ProvisionerDeps, volume: PersistentVolume): Promise<void> {
  removeFolder(volume, deps.settings.volumes);
  await deps.client.deleteIfPresent(ctx, persistentVolumes, keyOf(volume), { uid: volume.metadata?.uid ?? "" });
}

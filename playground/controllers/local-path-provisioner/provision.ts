/**
 * Makes the volume of a claim, as the binder of the embedded engine and the provisioner of a genuine cluster do it.
 * Upstream: github.com/rancher/local-path-provisioner; sigs.k8s.io/sig-storage-lib-external-provisioner
 */
import { join } from "node:path";
import type { PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps, Settings } from "../deps.ts";
import { forgeVolume, LOCAL_PATH } from "./volume.ts";

export type ProvisionerDeps = Omit<Deps, "settings"> & { readonly settings: Pick<Settings, "volumes"> };

const PROVISIONERS = ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];

export async function provision(
  ctx: Context,
  deps: ProvisionerDeps,
  claim: PersistentVolumeClaim,
  nodeName: string,
): Promise<void> {
  const { name = "", namespace = "default", uid = "" } = claim.metadata ?? {};
  const events = deps.events.as(LOCAL_PATH);
  if (await nameProvisioner(ctx, deps, claim, LOCAL_PATH)) {
    const message = `External provisioner is provisioning volume for claim "${namespace}/${name}"`;
    events.normal(ctx, claim, "Provisioning", message);
  }
  const volume = forgeVolume(claim, nodeName, join(deps.settings.volumes, `pvc-${uid}_${namespace}_${name}`));
  try {
    await deps.client.create(ctx, persistentVolumes, volume);
    events.normal(ctx, claim, "ProvisioningSucceeded", `Successfully provisioned volume ${volume.metadata?.name}`);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Provisioners look for their name on the claim. True when it was not there yet. */
export async function nameProvisioner(
  ctx: Context,
  deps: ProvisionerDeps,
  claim: PersistentVolumeClaim,
  provisioner: string,
): Promise<boolean> {
  if (PROVISIONERS.every((key) => claim.metadata?.annotations?.[key] === provisioner)) return false;
  const annotations = Object.fromEntries(PROVISIONERS.map((key) => [key, provisioner]));
  await deps.client.patch(ctx, persistentVolumeClaims, keyOf(claim), "merge", { metadata: { annotations } });
  return true;
}

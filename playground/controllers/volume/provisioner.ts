/**
 * Makes and removes the folders of the class `local-path`. Beside the binder it is a part of the embedded engine; alone, as
 * the two controllers here, the external provisioner of a genuine cluster. Upstream: github.com/rancher/local-path-provisioner
 */
import { join } from "node:path";
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { persistentVolumeClaims, persistentVolumes, storageClasses } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps, Settings } from "../deps.ts";
import { LOCAL_PATH, planClaim, planVolume } from "./plan.ts";
import { reclaim } from "./reclaimer.ts";

export type ProvisionerDeps = Omit<Deps, "settings"> & { readonly settings: Pick<Settings, "volumes"> };

const PROVISIONERS = ["volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner"];
const PROVISIONED_BY = "pv.kubernetes.io/provisioned-by";

/** Claims whose pod has been given a node get a volume there; who binds it is another matter. */
export function localPathProvisioner(deps: ProvisionerDeps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const classes = deps.informers.for(storageClasses);
  return {
    name: "local-path-provisioner",
    watches: [watchFor(claims), watchMapped(classes, () => claims.store.list().map(keyOf))],
    reconcile: async (ctx, key): Promise<Result> => {
      const claim = claims.store.get(key);
      if (claim === undefined || claim.metadata?.deletionTimestamp !== undefined) return DONE;
      const storageClass = classes.store.get({ name: claim.spec?.storageClassName ?? "" });
      // That no volume fits is the scheduler's finding: it has chosen a node for the claim.
      const plan = planClaim(claim, storageClass, []);
      if (plan.do === "provision") await provision(ctx, deps, claim, plan.nodeName);
      return DONE;
    },
  };
}

/** Volumes of this provisioner whose claim has gone are removed, with their folders. */
export function localPathReclaimer(deps: ProvisionerDeps): Controller {
  const volumes = deps.informers.for(persistentVolumes);
  return {
    name: "local-path-reclaimer",
    watches: [watchFor(volumes)],
    reconcile: async (ctx, key): Promise<Result> => {
      const volume = volumes.store.get(key);
      const isOurs = volume?.metadata?.annotations?.[PROVISIONED_BY] === LOCAL_PATH;
      if (volume === undefined || !isOurs || volume.metadata?.deletionTimestamp !== undefined) return DONE;
      if (planVolume(volume, undefined) === "reclaim") await reclaim(ctx, deps, volume);
      return DONE;
    },
  };
}

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

/** The kubelet makes the folder when it mounts it. */
function forgeVolume(claim: PersistentVolumeClaim, nodeName: string, path: string): PersistentVolume {
  const { name = "", namespace = "default", uid = "" } = claim.metadata ?? {};
  const hostname = { key: "kubernetes.io/hostname", operator: "In", values: [nodeName] };
  const storage = claim.spec?.resources?.requests?.["storage"] ?? "0";
  return {
    metadata: {
      name: `pvc-${uid}`,
      annotations: {
        "local.path.provisioner/selected-node": nodeName,
        [PROVISIONED_BY]: LOCAL_PATH,
      },
    },
    spec: {
      accessModes: claim.spec?.accessModes ?? [],
      capacity: { storage },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      hostPath: { path, type: "DirectoryOrCreate" },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
      persistentVolumeReclaimPolicy: "Delete",
      storageClassName: claim.spec?.storageClassName ?? "",
      volumeMode: claim.spec?.volumeMode ?? "Filesystem",
    },
  };
}

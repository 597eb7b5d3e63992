/**
 * The external provisioner of a genuine cluster: its volumes whose claim has gone are removed, with their folders.
 * Upstream: github.com/rancher/local-path-provisioner
 */
import type { PersistentVolume } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { persistentVolumes } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { ProvisionerDeps } from "../local-path-provisioner/provision.ts";
import { isLocalPath } from "../local-path-provisioner/volume.ts";
import { planVolume } from "../persistentvolume-reclaimer/plan.ts";
import { reclaim } from "../persistentvolume-reclaimer/reclaim.ts";

export function localPathReclaimer(deps: ProvisionerDeps): Controller {
  const volumes = deps.informers.for(persistentVolumes);
  return {
    name: "local-path-reclaimer",
    watches: [watchFor(volumes)],
    reconcile: (ctx, key) => reconcile(ctx, deps, volumes.store, key),
  };
}

async function reconcile(
  ctx: Context,
  deps: ProvisionerDeps,
  volumes: Store<PersistentVolume>,
  key: ObjectKey,
): Promise<Result> {
  const volume = volumes.get(key);
  if (volume === undefined || !isLocalPath(volume) || volume.metadata?.deletionTimestamp !== undefined) return DONE;
  if (planVolume(volume, undefined) === "reclaim") await reclaim(ctx, deps, volume);
  return DONE;
}

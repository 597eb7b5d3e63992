/** A volume that is being deleted stays while a claim has it. Kubernetes: pkg/controller/volume/pvprotection */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Store } from "#kube/informer/store.ts";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";
import { planVolume } from "../persistentvolume-reclaimer/plan.ts";

const FINALIZER = "kubernetes.io/pv-protection";

interface Stores {
  readonly volumes: Store<PersistentVolume>;
  readonly claims: Store<PersistentVolumeClaim>;
}

export function volumeProtection(deps: Deps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const volumes = deps.informers.for(persistentVolumes);
  const stores: Stores = { claims: claims.store, volumes: volumes.store };
  return {
    name: "persistentvolume-protection",
    watches: [
      watchFor(volumes, ({ metadata }) => metadata?.deletionTimestamp !== undefined),
      watchMapped(claims, ({ spec }) => (spec?.volumeName === undefined ? [] : [{ name: spec.volumeName }])),
    ],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, { volumes, claims }: Stores, key: ObjectKey): Promise<Result> {
  const volume = volumes.get(key);
  if (volume?.metadata?.deletionTimestamp === undefined) return DONE;
  const { namespace = "", name = "" } = volume.spec?.claimRef ?? {};
  if (planVolume(volume, claims.get({ namespace, name })) === "bound") return DONE;
  await removeFinalizer(ctx, deps.client, persistentVolumes, volume, FINALIZER);
  return DONE;
}

/**
 * Volumes of the virtual class whose claim has gone: deletes the real claim behind them, and them. The virtual kubelet
 * removes what is at the provider. Upstream: …/storageprovisioner/delete.go
 */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { volumeNameOf } from "#forge/storage/local.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { isLeft, planVolume } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly volumes: Informer<PersistentVolume>;
}

export function storageVolumeController(deps: Deps): Controller {
  const work: Work = {
    deps,
    claims: deps.informers.for(persistentVolumeClaims),
    volumes: deps.informers.for(persistentVolumes),
  };
  return {
    name: "storage-volume",
    watches: [
      watchFor(work.volumes, isLeft),
      // A real claim is named after the uid that is in the name of the volume.
      watchMapped(work.claims, ({ metadata }) =>
        metadata?.namespace === deps.settings.storageNamespace ? [{ name: volumeNameOf(metadata.name ?? "") }] : [],
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, { deps, claims, volumes }: Work, key: ObjectKey): Promise<Result> {
  const volume = volumes.store.get(key);
  if (volume === undefined || !isLeft(volume)) return DONE;
  const realKey = { namespace: deps.settings.storageNamespace, name: volume.spec?.claimRef?.uid ?? "" };
  // Not from the cache: a volume that is removed first leaves data that nobody knows of.
  const real = claims.store.get(realKey) ?? (await deps.client.find(ctx, persistentVolumeClaims, realKey));
  const plan = planVolume(volume, real);
  if (plan === "remove-real-claim" && real !== undefined)
    await deps.client.deleteObserved(ctx, persistentVolumeClaims, real);
  if (plan === "remove") await deps.client.deleteObserved(ctx, persistentVolumes, volume);
  return DONE;
}

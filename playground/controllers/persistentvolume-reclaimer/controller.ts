/**
 * The phases of volumes, and their end when the claim has gone.
 * Kubernetes: pkg/controller/volume/persistentvolume/pv_controller.go (syncVolume)
 */
import type { PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { persistentVolumeClaims, persistentVolumes } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";
import { planVolume, type VolumePlan } from "./plan.ts";
import { reclaim } from "./reclaim.ts";

const PHASES: Readonly<Partial<Record<VolumePlan, string>>> = {
  available: "Available",
  bound: "Bound",
  release: "Released",
};

interface Stores {
  readonly volumes: Store<PersistentVolume>;
  readonly claims: Store<PersistentVolumeClaim>;
}

export function volumeReclaimer(deps: Deps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const volumes = deps.informers.for(persistentVolumes);
  const stores: Stores = { claims: claims.store, volumes: volumes.store };
  return {
    name: "persistentvolume-reclaimer",
    watches: [
      watchFor(volumes),
      watchMapped(claims, ({ spec }) => (spec?.volumeName === undefined ? [] : [{ name: spec.volumeName }])),
    ],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, { volumes, claims }: Stores, key: ObjectKey): Promise<Result> {
  const volume = volumes.get(key);
  if (volume === undefined) return DONE;
  const { namespace = "", name = "" } = volume.spec?.claimRef ?? {};
  const plan = planVolume(volume, claims.get({ namespace, name }));
  const isEnding = volume.metadata?.deletionTimestamp !== undefined;
  if (isEnding && plan !== "bound") return DONE;
  const phase = PHASES[plan];
  if (phase !== undefined) await setPhase(ctx, deps, volume, phase);
  if (plan === "reclaim") await reclaim(ctx, deps, volume);
  return DONE;
}

async function setPhase(ctx: Context, deps: Deps, volume: PersistentVolume, phase: string): Promise<void> {
  if (volume.status?.phase === phase) return;
  const body = { status: { phase } };
  await deps.client.patch(ctx, persistentVolumes, keyOf(volume), "merge", body, { subresource: "status" });
}

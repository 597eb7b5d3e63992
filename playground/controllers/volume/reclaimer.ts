/**
 * The life of volumes after binding, and the finalizers that keep volumes and claims while they are in use.
 * Kubernetes: pkg/controller/volume/{persistentvolume,pvprotection,pvcprotection}
 */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { persistentVolumeClaims, persistentVolumes, pods } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps, Settings } from "../deps.ts";
import { planVolume } from "./plan.ts";

const VOLUME_PROTECTION = "kubernetes.io/pv-protection";
const CLAIM_PROTECTION = "kubernetes.io/pvc-protection";

export function volumeReclaimer(deps: Deps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const volumes = deps.informers.for(persistentVolumes);
  return {
    name: "persistentvolume-reclaimer",
    watches: [
      watchFor(volumes),
      watchMapped(claims, ({ spec }) => (spec?.volumeName === undefined ? [] : [{ name: spec.volumeName }])),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const volume = volumes.store.get(key);
      if (volume === undefined) return DONE;
      const { namespace = "", name = "" } = volume.spec?.claimRef ?? {};
      const plan = planVolume(volume, claims.store.get({ namespace, name }));
      if (volume.metadata?.deletionTimestamp !== undefined && plan !== "bound")
        await dropFinalizer(ctx, deps, persistentVolumes, volume, VOLUME_PROTECTION);
      else if (plan === "available") await setPhase(ctx, deps, volume, "Available");
      else if (plan === "bound") await setPhase(ctx, deps, volume, "Bound");
      else if (plan === "release") await setPhase(ctx, deps, volume, "Released");
      else if (plan === "reclaim") await reclaim(ctx, deps, volume);
      return DONE;
    },
  };
}

async function setPhase(ctx: Context, deps: Deps, volume: PersistentVolume, phase: string): Promise<void> {
  if (volume.status?.phase === phase) return;
  await deps.client.patch(
    ctx,
    persistentVolumes,
    keyOf(volume),
    "merge",
    { status: { phase } },
    { subresource: "status" },
  );
}

/** Removes the folder and the volume. */
export async function reclaim(
  ctx: Context,
  deps: Pick<Deps, "client"> & { readonly settings: Pick<Settings, "volumes"> },
  volume: PersistentVolume,
): Promise<void> {
  const path = volume.spec?.hostPath?.path;
  // Whatever else a hand-made volume points at is not ours to remove.
  if (path !== undefined && dirname(path) === deps.settings.volumes) rmSync(path, { recursive: true, force: true });
  await deps.client.deleteIfPresent(ctx, persistentVolumes, keyOf(volume), { uid: volume.metadata?.uid ?? "" });
}

/** A claim that is being deleted stays until no pod uses it. */
export function claimProtection(deps: Deps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const podInformer = deps.informers.for(pods);
  return {
    name: "pvc-protection",
    watches: [watchFor(claims, isDeleted), watchMapped(podInformer, claimsOf)],
    reconcile: async (ctx, key): Promise<Result> => {
      const claim = claims.store.get(key);
      if (claim === undefined || !isDeleted(claim)) return DONE;
      const isUsed = podInformer.store
        .list(key.namespace)
        .some((pod) => !isTerminal(pod) && claimsOf(pod).some(({ name }) => name === key.name));
      if (!isUsed) await dropFinalizer(ctx, deps, persistentVolumeClaims, claim, CLAIM_PROTECTION);
      return DONE;
    },
  };
}

function isDeleted({ metadata }: PersistentVolumeClaim): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

function claimsOf(pod: Pod): ObjectKey[] {
  const namespace = pod.metadata?.namespace ?? "";
  return (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined ? [] : [{ namespace, name: persistentVolumeClaim.claimName }],
  );
}

async function dropFinalizer<T extends KubeObject>(
  ctx: Context,
  deps: Deps,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<void> {
  const { finalizers = [], resourceVersion } = object.metadata ?? {};
  if (!finalizers.includes(finalizer)) return;
  const rest = finalizers.filter((name) => name !== finalizer);
  try {
    await deps.client.patch(ctx, resource, keyOf(object), "merge", { metadata: { resourceVersion, finalizers: rest } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

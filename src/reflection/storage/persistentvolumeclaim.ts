/**
 * Claims of the virtual storage class: the volume is made at the provider, a placeholder binds the claim at home.
 * Upstream: pkg/virtualKubelet/reflection/storage, pkg/liqo-controller-manager/offloading/storageprovisioner
 */
import type { PersistentVolumeClaim } from "kubernetes-types/core/v1";
import { REMOTE_CLUSTER_ID } from "#api/labels.ts";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import { isVirtualNode } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { isReflected, REFLECTION_FIELD_MANAGER } from "#forge/reflected-metadata.ts";
import { nameTaken } from "#forge/sentences.ts";
import { forgeClaim, forgePlaceholderVolume, isOfAnother } from "#forge/storage/remote.ts";
import { type Controller, DONE, type Result } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { persistentVolumeClaims, persistentVolumes, storageClasses } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { isAskedOf, SELECTED_NODE } from "#machinery/volume.ts";
import type { NamespacePair, ReflectionDeps, Reflector } from "../deps.ts";
import * as messages from "../messages.ts";
import { watchNamed } from "../watch.ts";

const RESCHEDULING_REQUIRED = "ReschedulingRequired";
const PROVISIONING_FAILED = "ProvisioningFailed";

export const claimReflector: Reflector = { name: "persistentvolumeclaim", start: startClaimReflector };

interface Work {
  readonly deps: ReflectionDeps;
  readonly pair: NamespacePair;
  readonly locals: Informer<PersistentVolumeClaim>;
  readonly remotes: Informer<PersistentVolumeClaim>;
}

function startClaimReflector(deps: ReflectionDeps, pair: NamespacePair): Controller {
  const work: Work = {
    deps,
    pair,
    locals: pair.locals.for(persistentVolumeClaims, { namespace: pair.local }),
    remotes: pair.remotes.for(persistentVolumeClaims, { namespace: pair.remote }),
  };
  const byName = ({ metadata }: PersistentVolumeClaim): ObjectKey => ({
    namespace: pair.local,
    name: metadata?.name ?? "",
  });
  return {
    name: "persistentvolumeclaim-reflection",
    workers: deps.settings.reflectors.persistentvolumeclaim.workers,
    watches: [watchNamed(work.locals, byName), watchNamed(work.remotes, byName)],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, { deps, pair, locals, remotes }: Work, key: ObjectKey): Promise<Result> {
  deps.metrics.item("persistentvolumeclaim", pair.local);
  const remoteKey = { namespace: pair.remote, name: key.name };
  const local = locals.store.get(key);
  const remote = remotes.store.get(remoteKey);
  const isOurs = remote !== undefined && isReflected(remote, deps.scope);
  if (local === undefined) {
    if (isOurs) await deps.remote.deleteObserved(ctx, persistentVolumeClaims, remote);
    return DONE;
  }
  if (!isWaitingForUs(local, deps)) return DONE;
  // Its claim was deleted and made anew, faster than anybody looked: data of the old one is nothing for the new one.
  if (isOurs && isOfAnother(remote, local)) {
    await deps.remote.deleteObserved(ctx, persistentVolumeClaims, remote);
    return DONE;
  }
  const recorder = deps.events("liqo-persistentvolumeclaim-reflection");
  if (!deps.settings.hasStorage) {
    // The scheduler looks for another node once the selection is gone.
    const body = { metadata: { uid: local.metadata?.uid, annotations: { [SELECTED_NODE]: null } } };
    await deps.local.patch(ctx, persistentVolumeClaims, key, "merge", body);
    recorder.warning(ctx, local, RESCHEDULING_REQUIRED, `cluster "${deps.scope.destination}" offers no storage`);
    return DONE;
  }
  if (remote !== undefined && !isOurs) {
    recorder.warning(ctx, local, messages.FAILED_REFLECTION, nameTaken(deps.scope.destination, pair.remote));
    return DONE;
  }
  if (remote?.metadata?.deletionTimestamp !== undefined) return DONE;
  try {
    if (remote === undefined) {
      const wanted = forgeClaim(local, pair.remote, deps.scope, deps.settings.storageClass);
      const options = { fieldManager: REFLECTION_FIELD_MANAGER };
      remotes.observe(await deps.remote.apply(ctx, persistentVolumeClaims, wanted, options));
      recorder.normal(ctx, local, messages.SUCCESSFUL_REFLECTION, messages.reflected(deps.scope.destination));
    }
    await bindAtHome(ctx, deps, local);
  } catch (error) {
    recorder.warning(ctx, local, PROVISIONING_FAILED, messageOf(error));
    throw error;
  }
  return DONE;
}

/** Of our class, not bound yet, and its pod was scheduled on a virtual node of this provider. */
function isWaitingForUs(claim: PersistentVolumeClaim, deps: ReflectionDeps): boolean {
  const { metadata, spec } = claim;
  const node = deps.localNodes.store.get({ name: metadata?.annotations?.[SELECTED_NODE] ?? "" });
  return (
    metadata?.deletionTimestamp === undefined &&
    (spec?.volumeName ?? "") === "" &&
    spec?.storageClassName === deps.settings.virtualStorageClass &&
    isAskedOf(claim, STORAGE_PROVISIONER) &&
    node !== undefined &&
    isVirtualNode(node) &&
    node.metadata?.labels?.[REMOTE_CLUSTER_ID] === deps.scope.destination
  );
}

async function bindAtHome(ctx: Context, deps: ReflectionDeps, local: PersistentVolumeClaim): Promise<void> {
  const storageClass = await deps.local.find(ctx, storageClasses, { name: deps.settings.virtualStorageClass });
  const volume = forgePlaceholderVolume(local, deps.scope, storageClass?.reclaimPolicy ?? "Delete");
  await deps.local.createIfAbsent(ctx, persistentVolumes, volume, { fieldManager: REFLECTION_FIELD_MANAGER });
}

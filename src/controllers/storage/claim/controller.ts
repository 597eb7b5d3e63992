/**
 * Claims of the virtual storage class whose pod was given a node of this cluster: the volume is that of a real claim in the
 * storage namespace. Writes real claims and volumes; takes a node that has gone off a claim.
 * Upstream: pkg/liqo-controller-manager/offloading/storageprovisioner, on sigs.k8s.io/sig-storage-lib-external-provisioner
 */
import type { Node, PersistentVolume, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { forgeLocalVolume, forgeRealClaim } from "#forge/storage/local.ts";
import { STORAGE_ROLE } from "#forge/storage/namespace.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { nodes, persistentVolumeClaims, persistentVolumes, storageClasses } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { SELECTED_NODE } from "#machinery/volume.ts";
import { managedAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { type ClaimPlan, isOurs, planClaim } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly volumes: Informer<PersistentVolume>;
  readonly classes: Informer<StorageClass>;
  readonly nodes: Informer<Node>;
  /** Without ours in the storage namespace nothing can be claimed there. */
  readonly bindings: Informer<RoleBinding>;
  readonly events: EventRecorder;
}

export function storageClaimController(deps: Deps): Controller {
  const work: Work = {
    deps,
    claims: deps.informers.for(persistentVolumeClaims),
    volumes: deps.informers.for(persistentVolumes),
    classes: deps.informers.for(storageClasses),
    nodes: deps.informers.for(nodes),
    bindings: managedAccounts(deps).roleBindings,
    events: deps.events("liqo-storage"),
  };
  const { storageClass, storageNamespace } = deps.settings;
  const waiting = work.claims.store.indexBy((claim) => (isOurs(claim, storageClass) ? [WAITING] : []));
  /** A real claim is named after the uid of the one that it serves. */
  const servedBy = (name: string): ObjectKey[] =>
    waiting
      .get(WAITING)
      .filter(({ metadata }) => metadata?.uid === name)
      .map(keyOf);
  return {
    name: "storage-claim",
    watches: [
      watchFor(work.claims, (claim) => isOurs(claim, storageClass)),
      watchMapped(work.claims, ({ metadata }) =>
        metadata?.namespace === storageNamespace ? servedBy(metadata.name ?? "") : [],
      ),
      watchMapped(work.volumes, ({ spec }) =>
        spec?.claimRef?.namespace === storageNamespace ? servedBy(spec.claimRef.name ?? "") : [],
      ),
      watchMapped(work.classes, () => waiting.get(WAITING).map(keyOf)),
      watchMapped(work.bindings, ({ metadata }) =>
        metadata?.namespace === storageNamespace ? waiting.get(WAITING).map(keyOf) : [],
      ),
      watchMapped(work.nodes, ({ metadata }) =>
        waiting
          .get(WAITING)
          .filter((claim) => claim.metadata?.annotations?.[SELECTED_NODE] === metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

const WAITING = "waiting";

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, claims, volumes } = work;
  const claim = claims.store.get(key);
  const { storageClass, storageNamespace } = deps.settings;
  if (claim === undefined || !isOurs(claim, storageClass)) return DONE;
  const real = claims.store.get({ namespace: storageNamespace, name: claim.metadata?.uid ?? "" });
  const realVolume = volumes.store.get({ name: real?.spec?.volumeName ?? "" });
  const node = await findNode(ctx, work, claim.metadata?.annotations?.[SELECTED_NODE] ?? "");
  await act(ctx, work, claim, planClaim({ claim, node, real, realVolume }, storageClass));
  return DONE;
}

/** A node that is newer than the cache is not one that has gone. */
async function findNode(ctx: Context, work: Work, name: string): Promise<Node | undefined> {
  return work.nodes.store.get({ name }) ?? (await work.deps.client.find(ctx, nodes, { name }));
}

async function act(ctx: Context, work: Work, claim: PersistentVolumeClaim, plan: ClaimPlan): Promise<void> {
  const { deps, events } = work;
  if (plan.do === "refuse") events.warning(ctx, claim, "ProvisioningFailed", plan.message);
  if (plan.do === "reschedule") {
    const { uid, resourceVersion } = claim.metadata ?? {};
    const body = { metadata: { uid, resourceVersion, annotations: { [SELECTED_NODE]: null } } };
    await deps.client.patch(ctx, persistentVolumeClaims, keyOf(claim), "merge", body);
    events.warning(ctx, claim, "ReschedulingRequired", "the node that was selected for it has gone");
  }
  if (plan.do !== "claim" && plan.do !== "provide") return;
  const namespace = deps.settings.storageNamespace;
  if (plan.do === "claim" && work.bindings.store.get({ namespace, name: STORAGE_ROLE }) === undefined) return;
  try {
    if (plan.do === "claim") await claimReally(ctx, work, claim);
    else await provide(ctx, work, claim, plan.realVolume);
  } catch (error) {
    events.warning(ctx, claim, "ProvisioningFailed", messageOf(error));
    throw error;
  }
}

async function claimReally(ctx: Context, { deps, events }: Work, claim: PersistentVolumeClaim): Promise<void> {
  const { storageNamespace, realStorageClass } = deps.settings;
  const real = forgeRealClaim(claim, storageNamespace, realStorageClass);
  const made = await deps.client.createIfAbsent(ctx, persistentVolumeClaims, real);
  if (made === undefined) return;
  const { namespace, name } = claim.metadata ?? {};
  events.normal(ctx, claim, "Provisioning", `A volume is provisioned for claim "${namespace}/${name}" at home`);
}

async function provide(
  ctx: Context,
  { deps, classes, events }: Work,
  claim: PersistentVolumeClaim,
  realVolume: PersistentVolume,
): Promise<void> {
  const { reclaimPolicy = "Delete" } = classes.store.get({ name: deps.settings.storageClass }) ?? {};
  const volume = forgeLocalVolume(claim, realVolume, reclaimPolicy);
  const made = await deps.client.createIfAbsent(ctx, persistentVolumes, volume);
  if (made !== undefined)
    events.normal(ctx, claim, "ProvisioningSucceeded", `Successfully provisioned volume ${volume.metadata?.name}`);
}

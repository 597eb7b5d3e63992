/**
 * The namespace of the real volumes, made for the first of them, and Liqo's rights in it. Writes both; the binding goes with
 * what the chart installed, the namespace stays, with the data.
 * Upstream: …/storageprovisioner (NewLiqoLocalStorageProvisioner), which makes it at once
 */
import type { Namespace, PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { ClusterRoleBinding, RoleBinding } from "kubernetes-types/rbac/v1";
import type { Context } from "#base/context.ts";
import { forgeStorageBinding, forgeStorageNamespace, STORAGE_ROLE } from "#forge/storage/namespace.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { namespaces, persistentVolumeClaims, roleBindings } from "#machinery/builtin.ts";
import { contains } from "#machinery/contains.ts";
import { managedAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { ownedBy } from "../../ownership.ts";
import { ownBinding, uninstallingProbe } from "../../uninstalling.ts";
import { isOurs } from "../claim/plan.ts";

interface Work {
  readonly deps: Deps;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly namespaces: Informer<Namespace>;
  readonly bindings: Informer<RoleBinding>;
  /** What an object that Liqo makes for itself belongs to. */
  readonly owners: Informer<ClusterRoleBinding>;
  readonly isUninstalling: () => boolean;
}

export function storageNamespaceController(deps: Deps): Controller {
  const work: Work = {
    deps,
    claims: deps.informers.for(persistentVolumeClaims),
    namespaces: deps.informers.for(namespaces),
    bindings: managedAccounts(deps).roleBindings,
    owners: ownBinding(deps),
    isUninstalling: uninstallingProbe(deps),
  };
  const { storageNamespace, storageClass } = deps.settings;
  const key = { name: storageNamespace };
  return {
    name: "storage-namespace",
    watches: [
      watchMapped(work.claims, (claim) => (isOurs(claim, storageClass) ? [key] : [])),
      watchMapped(work.namespaces, ({ metadata }) => (metadata?.name === key.name ? [key] : [])),
      watchMapped(work.bindings, ({ metadata }) => (metadata?.namespace === key.name ? [key] : [])),
      watchMapped(work.owners, () => [key]),
    ],
    reconcile: (ctx) => reconcile(ctx, work),
  };
}

async function reconcile(ctx: Context, work: Work): Promise<Result> {
  const { deps } = work;
  const { storageNamespace: name, liqoNamespace, storageClass } = deps.settings;
  if (work.isUninstalling()) return DONE;
  const namespace = work.namespaces.store.get({ name });
  if (namespace === undefined && !work.claims.store.list().some((claim) => isOurs(claim, storageClass))) return DONE;
  if (namespace === undefined) await deps.client.createIfAbsent(ctx, namespaces, forgeStorageNamespace(name));
  // Its event comes when it is gone.
  if (namespace?.metadata?.deletionTimestamp !== undefined) return DONE;
  const [owner] = work.owners.store.list();
  const found = work.bindings.store.get({ namespace: name, name: STORAGE_ROLE });
  const wanted = ownedBy(forgeStorageBinding(name, liqoNamespace), owner);
  if (contains(found, wanted)) return DONE;
  if (found !== undefined && found.roleRef.name !== wanted.roleRef.name)
    await deps.client.deleteObserved(ctx, roleBindings, found);
  await deps.client.apply(ctx, roleBindings, wanted);
  return DONE;
}

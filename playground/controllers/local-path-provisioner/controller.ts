/**
 * The external provisioner of a genuine cluster: claims whose pod has been given a node get a volume there, and who binds
 * it is another matter. In the embedded engine the binder does this. Upstream: github.com/rancher/local-path-provisioner
 */
import type { PersistentVolumeClaim } from "kubernetes-types/core/v1";
import type { StorageClass } from "kubernetes-types/storage/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { persistentVolumeClaims, storageClasses } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { planClaim } from "../persistentvolume-binder/plan.ts";
import { type ProvisionerDeps, provision } from "./provision.ts";

interface Stores {
  readonly claims: Store<PersistentVolumeClaim>;
  readonly classes: Store<StorageClass>;
}

export function localPathProvisioner(deps: ProvisionerDeps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const classes = deps.informers.for(storageClasses);
  const stores: Stores = { claims: claims.store, classes: classes.store };
  return {
    name: "local-path-provisioner",
    watches: [watchFor(claims), watchMapped(classes, () => claims.store.list().map(keyOf))],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: ProvisionerDeps, stores: Stores, key: ObjectKey): Promise<Result> {
  const claim = stores.claims.get(key);
  if (claim === undefined || claim.metadata?.deletionTimestamp !== undefined) return DONE;
  const storageClass = stores.classes.get({ name: claim.spec?.storageClassName ?? "" });
  // That no volume fits is the scheduler's finding: it has chosen a node for the claim.
  const plan = planClaim(claim, storageClass, []);
  if (plan.do === "provision") await provision(ctx, deps, claim, plan.nodeName);
  return DONE;
}

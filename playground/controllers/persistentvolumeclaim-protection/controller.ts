/** A claim that is being deleted stays while a pod uses it. Kubernetes: pkg/controller/volume/pvcprotection */
import type { PersistentVolumeClaim, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { persistentVolumeClaims, pods } from "#machinery/builtin.ts";
import { formatKey, type ObjectKey } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import type { Deps } from "../deps.ts";

const FINALIZER = "kubernetes.io/pvc-protection";

interface Stores {
  readonly claims: Store<PersistentVolumeClaim>;
  readonly podsByClaim: Index<Pod>;
}

export function claimProtection(deps: Deps): Controller {
  const claims = deps.informers.for(persistentVolumeClaims);
  const podInformer = deps.informers.for(pods);
  const stores: Stores = { claims: claims.store, podsByClaim: podInformer.store.indexBy(claimKeys) };
  return {
    name: "pvc-protection",
    watches: [watchFor(claims, isDeleted), watchMapped(podInformer, claimsOf)],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, { claims, podsByClaim }: Stores, key: ObjectKey): Promise<Result> {
  const claim = claims.get(key);
  if (claim === undefined || !isDeleted(claim)) return DONE;
  const isUsed = podsByClaim.get(formatKey(key)).some((pod) => !isTerminal(pod));
  if (!isUsed) await removeFinalizer(ctx, deps.client, persistentVolumeClaims, claim, FINALIZER);
  return DONE;
}

function isDeleted({ metadata }: PersistentVolumeClaim): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

function claimKeys(pod: Pod): string[] {
  return claimsOf(pod).map(formatKey);
}

function claimsOf({ metadata, spec }: Pod): ObjectKey[] {
  const namespace = metadata?.namespace ?? "";
  return (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) =>
    persistentVolumeClaim === undefined ? [] : [{ namespace, name: persistentVolumeClaim.claimName }],
  );
}

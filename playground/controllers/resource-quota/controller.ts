/** Keeps `status.used` of ResourceQuotas; admission enforces them. Kubernetes: pkg/controller/resourcequota */
import { isDeepStrictEqual } from "node:util";
import type { ResourceQuota } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Store } from "#kube/informer/store.ts";
import { persistentVolumeClaims, pods, resourceQuotas, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";
import { countedResources, othersNamed, usedOf } from "./plan.ts";

// What is not watched is counted again after this; upstream hears of deletions and resyncs after 5 minutes.
const RECOUNT_MS = 10_000;
const WATCHED: readonly Resource[] = [pods, services, persistentVolumeClaims];

interface Sources {
  readonly quotas: Store<ResourceQuota>;
  readonly watched: readonly Informer<KubeObject>[];
}

export function resourceQuotaController(deps: Deps): Controller {
  const quotas = deps.informers.for(resourceQuotas);
  const watched = WATCHED.map((resource) => deps.informers.for<KubeObject>(resource as Resource<KubeObject>));
  const quotasBeside = ({ metadata }: KubeObject): ObjectKey[] => quotas.store.list(metadata?.namespace).map(keyOf);
  const sources: Sources = { quotas: quotas.store, watched };
  return {
    name: "resource-quota",
    watches: [watchFor(quotas), ...watched.map((informer) => watchMapped(informer, quotasBeside))],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, { quotas, watched }: Sources, key: ObjectKey): Promise<Result> {
  const quota = quotas.get(key);
  if (quota === undefined) return DONE;
  const found = othersNamed(quota, WATCHED).length === 0 ? [] : await discoverResources(ctx, deps.client);
  let isComplete = true;
  const counted: { resource: Resource; objects: readonly KubeObject[] }[] = [];
  for (const resource of countedResources(quota, WATCHED, found)) {
    const informer = watched.find((each) => isSame(each.resource, resource));
    isComplete &&= informer !== undefined;
    const namespace = key.namespace ?? "";
    const objects = informer?.store.list(namespace) ?? (await deps.client.list(ctx, resource, { namespace })).items;
    counted.push({ resource, objects });
  }
  await report(ctx, deps, quota, usedOf(quota, counted));
  return isComplete ? DONE : { requeueAfterMs: RECOUNT_MS };
}

function isSame(a: Resource, b: Resource): boolean {
  return a.group === b.group && a.plural === b.plural;
}

async function report(ctx: Context, deps: Deps, quota: ResourceQuota, used: Record<string, string>): Promise<void> {
  const status = { hard: quota.spec?.hard ?? {}, used };
  if (isDeepStrictEqual({ hard: {}, used: {}, ...quota.status }, status)) return;
  await deps.client.updateStatus(ctx, resourceQuotas, { ...quota, status });
}

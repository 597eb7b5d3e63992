/**
 * Keeps `status.used` of ResourceQuotas; admission enforces them. Kubernetes: pkg/controller/resourcequota
 */
import type { ResourceQuota } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { persistentVolumeClaims, pods, resourceQuotas, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { addResources } from "#machinery/quantity.ts";
import { isConcerned, isInScope, usageOf } from "#machinery/quota.ts";
import type { Deps } from "../deps.ts";

// What is not watched is counted again after this; upstream hears of deletions and resyncs after 5 minutes.
const RECOUNT_MS = 10_000;

export function resourceQuotaController(deps: Deps): Controller {
  const quotas = deps.informers.for(resourceQuotas);
  const watched = [deps.informers.for(pods), deps.informers.for(services), deps.informers.for(persistentVolumeClaims)];
  const quotasBeside = ({ metadata }: KubeObject): ObjectKey[] => quotas.store.list(metadata?.namespace).map(keyOf);
  return {
    name: "resource-quota",
    watches: [watchFor(quotas), ...watched.map((informer) => watchMapped<KubeObject>(informer as never, quotasBeside))],
    reconcile: async (ctx, key): Promise<Result> => {
      const quota = quotas.store.get(key);
      if (quota === undefined) return DONE;
      const names = Object.keys(quota.spec?.hard ?? {});
      let used: Record<string, string> = Object.fromEntries(names.map((name) => [name, "0"]));
      let isComplete = true;
      for (const resource of await resourcesFor(ctx, deps, names)) {
        const informer = watched.find(
          (candidate) => candidate.resource.plural === resource.plural && resource.group === "",
        );
        isComplete &&= informer !== undefined;
        const objects: readonly KubeObject[] =
          informer?.store.list(key.namespace) ??
          (await deps.client.list(ctx, resource, { namespace: key.namespace ?? "" })).items;
        used = addResources(
          used,
          ...objects.filter((o) => isInScope(quota, resource, o)).map((o) => usageOf(resource, o)),
        );
      }
      await report(ctx, deps, quota, Object.fromEntries(names.map((name) => [name, used[name] ?? "0"])));
      return isComplete ? DONE : { requeueAfterMs: RECOUNT_MS };
    },
  };
}

async function resourcesFor(ctx: Context, deps: Deps, names: readonly string[]): Promise<Resource<KubeObject>[]> {
  const known: Resource[] = [pods, services, persistentVolumeClaims];
  const others = names.filter((name) => !known.some((resource) => isConcerned(name, resource)));
  const found = others.length === 0 ? [] : await discoverResources(ctx, deps.client);
  const isNamed = (resource: Resource): boolean => names.some((name) => isConcerned(name, resource));
  return [
    ...known,
    ...found.filter(({ group, plural }) => !known.some((k) => k.group === group && k.plural === plural)),
  ]
    .filter((resource) => resource.namespaced && isNamed(resource))
    .map(({ group, version, plural, kind, namespaced }) => ({ group, version, plural, kind, namespaced }));
}

async function report(ctx: Context, deps: Deps, quota: ResourceQuota, used: Record<string, string>): Promise<void> {
  const status = { hard: quota.spec?.hard ?? {}, used };
  const essence = (list: Readonly<Record<string, string>> | undefined): string =>
    JSON.stringify(Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
  if (essence(quota.status?.hard) === essence(status.hard) && essence(quota.status?.used) === essence(used)) return;
  await deps.client.updateStatus(ctx, resourceQuotas, { ...quota, status });
}

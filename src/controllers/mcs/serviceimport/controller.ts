/**
 * At home of an offloaded namespace: makes one Service of what this cluster and the twins export under a name. Writes
 * ServiceImports, the Services and EndpointSlices behind them, and conditions of ServiceExports; reflection takes them to the
 * twins, and brings what those export. Kubernetes: KEP-1645
 */
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type ServiceExport, serviceExports } from "#api/multicluster/serviceexport.ts";
import { type ServiceImport, serviceImports } from "#api/multicluster/serviceimport.ts";
import {
  type NamespaceMap,
  type NamespaceOffloading,
  namespaceMaps,
  namespaceOffloadings,
} from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { exportConditions, importConditions, isReachable } from "#forge/multicluster/conditions.ts";
import { validityOf } from "#forge/multicluster/exported-service.ts";
import type { MergedService } from "#forge/multicluster/merge.ts";
import {
  derivedName,
  forgeDerivedService,
  forgeServiceImport,
  isOfMulticluster,
  ownedByImport,
} from "#forge/multicluster/service-import.ts";
import { forgeImportedSlice, KUBERNETES_SERVICE, sourceOf } from "#forge/multicluster/slices.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { endpointSlices, services } from "#machinery/builtin.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { acceptedMappings, isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { keysOfService, keysOfSlice } from "./keys.ts";
import { type Plan, planImport, type Seen } from "./plan.ts";

// Nothing tells when a name gets free.
const NAME_TAKEN_MS = 10_000;

interface Work {
  readonly deps: Deps;
  readonly exports: Informer<ServiceExport>;
  readonly imports: Informer<ServiceImport>;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly offloadings: Informer<NamespaceOffloading>;
  readonly maps: Informer<NamespaceMap>;
  readonly tenants: TenantNamespaces;
  readonly applier: Applier;
}

export function serviceImportController(deps: Deps): Controller {
  const { informers } = deps;
  const work: Work = {
    deps,
    exports: informers.for(serviceExports),
    imports: informers.for(serviceImports),
    services: informers.for(services),
    slices: informers.for(endpointSlices),
    offloadings: informers.for(namespaceOffloadings),
    maps: informers.for(namespaceMaps),
    tenants: new TenantNamespaces(informers),
    applier: new Applier(deps.client),
  };
  const inNamespace = (namespace: string): ObjectKey[] => [
    ...[...work.exports.store.list(namespace), ...work.imports.store.list(namespace)].map(keyOf),
    ...work.slices.store.list(namespace).flatMap((slice) => (sourceOf(slice) === undefined ? [] : keysOfSlice(slice))),
  ];
  return {
    name: "serviceimport",
    watches: [
      watchFor(work.exports),
      watchFor(work.imports),
      watchMapped(work.services, keysOfService),
      watchMapped(work.slices, keysOfSlice),
      watchMapped(work.offloadings, ({ metadata }) => inNamespace(metadata?.namespace ?? "")),
      watchMapped(work.maps, (map) => Object.keys(map.status?.currentMapping ?? {}).flatMap(inNamespace)),
      work.tenants.watch(inNamespace),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, tenants } = work;
  // What a consumer exports from its twins here is the consumer's to follow.
  if (tenants.consumerOf(key.namespace) !== undefined) return DONE;
  const seen = observe(work, key);
  if (seen.exported === undefined && seen.imported === undefined && seen.slices.length === 0) return DONE;
  const plan = planImport(seen);
  for (const slice of plan.stale) await deps.client.deleteObserved(ctx, endpointSlices, slice);
  const imported = plan.merged === undefined ? undefined : await ensureImport(ctx, work, key, plan.merged);
  if (imported === undefined) await removeImport(ctx, work, seen);
  else await ensureEndpoints(ctx, work, seen, { plan, imported });
  await reportExport(ctx, work, seen, { plan, imported });
  return plan.obstacle !== undefined && seen.isOffloaded ? { requeueAfterMs: NAME_TAKEN_MS } : DONE;
}

function observe({ deps, maps, tenants, ...work }: Work, key: ObjectKey): Seen {
  const { namespace = "", name } = key;
  const offloaded = work.offloadings.store.list(namespace);
  const own = maps.store.list().filter((map) => isOwnNamespaceMap(map, tenants.peerOf(map.metadata?.namespace)));
  return {
    clusterId: deps.settings.clusterId,
    namespace,
    name,
    isOffloaded: offloaded.some(({ metadata }) => metadata?.deletionTimestamp === undefined),
    exported: work.exports.store.get(key),
    service: work.services.store.get(key),
    imported: work.imports.store.get(key),
    findService: (other) => work.services.store.get({ namespace, name: other }),
    slices: work.slices.store.list(namespace).filter((slice) => sourceOf(slice)?.service === name),
    providers: new Set(
      own.filter((map) => acceptedMappings(map).has(namespace)).map(({ metadata }) => metadata?.name ?? ""),
    ),
  };
}

/**
 * Whether somebody has made one of the two that no watch has told of yet: to apply would be to take it over. What the watch
 * tells is looked at then.
 */
async function isTaken(ctx: Context, work: Work, key: ObjectKey, derived: ObjectKey): Promise<boolean> {
  const { client } = work.deps;
  const found = await Promise.all([
    work.imports.store.get(key) ?? client.find(ctx, serviceImports, key),
    work.services.store.get(derived) ?? client.find(ctx, services, derived),
  ]);
  return found.some((each) => each !== undefined && !isOfMulticluster(each));
}

/** The import with its status as it is to be, and the Service behind it; undefined: its names are not known to be free. */
async function ensureImport(
  ctx: Context,
  work: Work,
  key: ObjectKey,
  merged: MergedService,
): Promise<ServiceImport | undefined> {
  const { applier, deps, imports } = work;
  const derivedKey = { ...key, name: derivedName(key.name, merged.spec.type) };
  if (await isTaken(ctx, work, key, derivedKey)) return undefined;
  const wanted = forgeServiceImport(key, merged, work.services.store.get(derivedKey)?.spec?.clusterIP);
  const applied = await applier.applyIfChanged(ctx, serviceImports, { cached: imports.store.get(key), wanted });
  const imported = applied ?? imports.store.get(key) ?? wanted;
  if (applied !== undefined) imports.observe(applied);
  const service = forgeDerivedService(imported, merged.spec);
  const cached = work.services.store.get(derivedKey);
  const derived = await applier.applyIfChanged(ctx, services, { cached, wanted: service });
  if (derived !== undefined) work.services.observe(derived);
  const status = {
    clusters: merged.clusters.map((cluster) => ({ cluster })),
    conditions: importConditions(
      imported.status?.conditions,
      { conflict: merged.conflict, isReachable: isReachable(imported) },
      deps.clock.epochMs(),
    ),
  };
  if (jsonEquals(status, imported.status)) return imported;
  const body = { metadata: { uid: imported.metadata?.uid }, status };
  const answer = await deps.client.patch(ctx, serviceImports, key, "merge", body, { subresource: "status" });
  imports.observe(answer);
  return answer;
}

/** Its Service and this cluster's EndpointSlices go with it. */
async function removeImport(ctx: Context, { deps, applier }: Work, { imported }: Seen): Promise<void> {
  if (imported === undefined || !isOfMulticluster(imported) || imported.metadata?.deletionTimestamp !== undefined)
    return;
  await deps.client.deleteObserved(ctx, serviceImports, imported);
  applier.forget(serviceImports, keyOf(imported));
}

async function ensureEndpoints(
  ctx: Context,
  { deps, applier, slices, services: known }: Work,
  seen: Seen,
  { plan: { own }, imported }: { readonly plan: Plan; readonly imported: ServiceImport },
): Promise<void> {
  const { namespace, name, clusterId } = seen;
  const locals = slices.store
    .list(namespace)
    .filter(({ metadata }) => own !== undefined && metadata?.labels?.[KUBERNETES_SERVICE] === name);
  const owner = ownedByImport(imported);
  const options = { imported, owner, place: <T>(endpoint: T) => endpoint };
  const wanted = locals.flatMap((slice) =>
    own === undefined ? [] : (forgeImportedSlice(slice, namespace, name, { ...options, exported: own }) ?? []),
  );
  for (const slice of wanted)
    await applier.applyIfChanged(ctx, endpointSlices, { cached: slices.store.get(keyOf(slice)), wanted: slice });
  const names = new Set(wanted.map(({ metadata }) => metadata?.name));
  const others = seen.slices.filter(
    (slice) => sourceOf(slice)?.cluster === clusterId && !names.has(slice.metadata?.name),
  );
  for (const slice of others) await removeOne(ctx, { deps, applier }, { resource: endpointSlices, object: slice });
  const otherType = imported.spec?.type === "Headless" ? "ClusterSetIP" : "Headless";
  const former = known.store.get({ namespace, name: derivedName(name, otherType) });
  if (former !== undefined && isOfMulticluster(former))
    await removeOne(ctx, { deps, applier }, { resource: services, object: former });
}

async function removeOne(
  ctx: Context,
  { deps, applier }: Pick<Work, "deps" | "applier">,
  { resource, object }: { readonly resource: typeof services | typeof endpointSlices; readonly object: KubeObject },
): Promise<void> {
  if (object.metadata?.deletionTimestamp !== undefined) return;
  await deps.client.deleteObserved(ctx, resource, object);
  applier.forget(resource, keyOf(object));
}

async function reportExport(
  ctx: Context,
  { deps }: Work,
  { exported, service, clusterId: cluster }: Seen,
  { plan: { obstacle }, imported }: { readonly plan: Plan; readonly imported: ServiceImport | undefined },
): Promise<void> {
  if (exported === undefined || exported.metadata?.deletionTimestamp !== undefined) return;
  const before = exported.status?.conditions;
  const seen = { valid: validityOf(exported, service), imported, cluster, ...(obstacle !== undefined && { obstacle }) };
  const conditions = exportConditions(before, seen, deps.clock.epochMs());
  if (jsonEquals(conditions, before)) return;
  const body = { metadata: { uid: exported.metadata?.uid }, status: { conditions } };
  await deps.client.patch(ctx, serviceExports, keyOf(exported), "merge", body, { subresource: "status" });
}

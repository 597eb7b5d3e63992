/**
 * What is exported in a twin, told at home: its endpoints as EndpointSlices, and how it is exported, by which the controller
 * manager makes the ServiceImport; and what became of it, told in the twin. Kubernetes: KEP-1645, Exporting Services
 */
import type { Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import * as labels from "#api/labels.ts";
import { type ServiceExport, serviceExports } from "#api/multicluster/serviceexport.ts";
import { type ServiceImport, serviceImports } from "#api/multicluster/serviceimport.ts";
import type { Context } from "#base/context.ts";
import { exportConditions } from "#forge/multicluster/conditions.ts";
import { type ExportedService, exportedService, validityOf } from "#forge/multicluster/exported-service.ts";
import { forgeExportRecord, forgeImportedSlice, KUBERNETES_SERVICE, sourceOf } from "#forge/multicluster/slices.ts";
import { REFLECTION_FIELD_MANAGER } from "#forge/reflected-metadata.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { endpointSlices, services } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { hasUsableEndpoints } from "#trust/reach.ts";
import type { NamespacePair, ReflectionDeps, Reflector } from "../deps.ts";
import { watchNamed } from "../watch.ts";
import { translatePodIp } from "../workload/status-reporter.ts";

export const serviceExportReflector: Reflector = { name: "serviceexport", start: startServiceExportReflector };

/** What is taken of a namespace: a provider could export any number, and each has as many slices as it likes. */
const MOST_EXPORTS = 500;
const MOST_SLICES = 100;

interface Work {
  readonly deps: ReflectionDeps;
  readonly pair: NamespacePair;
  readonly exports: Informer<ServiceExport>;
  readonly services: Informer<Service>;
  readonly remoteSlices: Informer<EndpointSlice>;
  readonly imports: Informer<ServiceImport>;
  readonly slices: Informer<EndpointSlice>;
  readonly applier: Applier;
}

function startServiceExportReflector(deps: ReflectionDeps, pair: NamespacePair): Controller {
  const work: Work = {
    deps,
    pair,
    exports: pair.remotes.for(serviceExports, { namespace: pair.remote }),
    services: pair.remotes.for(services, { namespace: pair.remote }),
    remoteSlices: pair.remotes.for(endpointSlices, { namespace: pair.remote }),
    imports: pair.locals.for(serviceImports, { namespace: pair.local }),
    slices: pair.locals.for(endpointSlices, { namespace: pair.local }),
    applier: new Applier(deps.local, { fieldManager: REFLECTION_FIELD_MANAGER }),
  };
  const named = (name: string | undefined): ObjectKey[] =>
    name === undefined ? [] : [{ namespace: pair.local, name }];
  const ours = (slice: EndpointSlice): string | undefined => {
    const source = sourceOf(slice);
    return source?.cluster === deps.scope.destination ? source.service : undefined;
  };
  return {
    name: "serviceexport-reflection",
    workers: deps.settings.reflectors.serviceexport.workers,
    watches: [
      watchNamed(work.exports, ({ metadata }) => ({ namespace: pair.local, name: metadata?.name ?? "" })),
      watchNamed(work.services, ({ metadata }) => ({ namespace: pair.local, name: metadata?.name ?? "" })),
      watchMapped(work.remoteSlices, ({ metadata }) => named(metadata?.labels?.[KUBERNETES_SERVICE])),
      watchNamed(work.imports, keyOf),
      watchMapped(work.slices, (slice) => named(ours(slice))),
      watchMapped(deps.localPeers, ({ metadata }) =>
        metadata?.name === deps.scope.destination
          ? work.exports.store.list().flatMap((each) => named(each.metadata?.name))
          : [],
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, pair, applier, slices } = work;
  const remoteKey = { namespace: pair.remote, name: key.name };
  const exported = work.exports.store.get(remoteKey);
  const before = slices.store.list().filter((slice) => {
    const source = sourceOf(slice);
    return source?.service === key.name && source.cluster === deps.scope.destination;
  });
  if (exported === undefined && before.length === 0) return DONE;
  deps.metrics.item("serviceexport", pair.local);
  const isNew = before.length === 0 && work.exports.store.list().length > MOST_EXPORTS;
  const service = work.services.store.get(remoteKey);
  const own = isNew ? undefined : exportedService(exported, service, deps.scope.destination);
  const wanted = own === undefined ? [] : wantedSlices(work, key, own);
  for (const slice of wanted)
    await applier.applyIfChanged(ctx, endpointSlices, { cached: slices.store.get(keyOf(slice)), wanted: slice });
  const names = new Set(wanted.map(({ metadata }) => metadata?.name));
  for (const slice of before) {
    if (names.has(slice.metadata?.name) || slice.metadata?.deletionTimestamp !== undefined) continue;
    await deps.local.deleteObserved(ctx, endpointSlices, slice);
    applier.forget(endpointSlices, keyOf(slice));
  }
  if (exported !== undefined)
    await report(ctx, work, exported, { service, ...(isNew && { obstacle: `more than ${MOST_EXPORTS} exports` }) });
  return DONE;
}

function wantedSlices(work: Work, { namespace = "", name }: ObjectKey, exported: ExportedService): EndpointSlice[] {
  const options = {
    exported,
    imported: work.imports.store.get({ namespace, name }),
    place: (endpoint: Endpoint) => placeEndpoint(endpoint, work.deps),
  };
  const found = work.remoteSlices.store
    .list()
    // The home cluster's endpoints, reflected, are no endpoints of the twin.
    .filter(
      ({ metadata }) =>
        metadata?.labels?.[KUBERNETES_SERVICE] === name &&
        metadata.labels[labels.ENDPOINT_SLICE_MANAGED_BY] !== labels.ENDPOINT_SLICE_REFLECTION,
    )
    .slice(0, MOST_SLICES);
  return [
    forgeExportRecord(namespace, name, exported),
    ...found.flatMap((slice) => forgeImportedSlice(slice, namespace, name, options) ?? []),
  ];
}

/** The provider's endpoint as this cluster reaches it: a pod of the provider, on its virtual node. */
function placeEndpoint(
  { addresses, conditions, hostname }: Endpoint,
  { settings, scope, localPeers }: ReflectionDeps,
): Endpoint | undefined {
  const seen = addresses.flatMap((address) => translatePodIp(address, settings) ?? []);
  if (seen.length === 0) return undefined;
  const isReady = conditions?.ready !== false && hasUsableEndpoints(localPeers.store.get({ name: scope.destination }));
  return {
    addresses: seen,
    conditions: { ready: isReady },
    nodeName: scope.nodeName,
    ...(hostname !== undefined && { hostname }),
  };
}

async function report(
  ctx: Context,
  { deps, imports, pair }: Work,
  exported: ServiceExport,
  { service, obstacle }: { readonly service: Service | undefined; readonly obstacle?: string },
): Promise<void> {
  if (exported.metadata?.deletionTimestamp !== undefined) return;
  const before = exported.status?.conditions;
  const imported = imports.store.get({ namespace: pair.local, name: exported.metadata?.name ?? "" });
  const cluster = deps.scope.destination;
  const seen = { valid: validityOf(exported, service), imported, cluster, ...(obstacle !== undefined && { obstacle }) };
  const conditions = exportConditions(before, seen, deps.clock.epochMs());
  if (jsonEquals(conditions, before)) return;
  const options = { subresource: "status", fieldManager: REFLECTION_FIELD_MANAGER };
  const body = { metadata: { uid: exported.metadata?.uid }, status: { conditions } };
  await deps.remote.patch(ctx, serviceExports, keyOf(exported), "merge", body, options);
}

/**
 * Services of the clusterset, from home to the twin, where each has an address of that cluster: the one of the Service behind
 * it, which reflection has taken there. Kubernetes: KEP-1645, Importing Services
 */
import type { Service } from "kubernetes-types/core/v1";
import { type ServiceImport, serviceImports } from "#api/multicluster/serviceimport.ts";
import type { Context } from "#base/context.ts";
import { importConditions, isReachable } from "#forge/multicluster/conditions.ts";
import { derivedName, isOfMulticluster, withAddress } from "#forge/multicluster/service-import.ts";
import { forgeReflectedMetadata, isReflected, REFLECTION_FIELD_MANAGER } from "#forge/reflected-metadata.ts";
import { nameTaken } from "#forge/sentences.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { services } from "#machinery/builtin.ts";
import { findCondition } from "#machinery/conditions.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import type { NamespacePair, ReflectionDeps, Reflector } from "../deps.ts";
import { planReflection } from "../generic.ts";
import * as messages from "../messages.ts";
import { watchNamed } from "../watch.ts";

export const serviceImportReflector: Reflector = { name: "serviceimport", start: startServiceImportReflector };

interface Work {
  readonly deps: ReflectionDeps;
  readonly pair: NamespacePair;
  readonly locals: Informer<ServiceImport>;
  readonly remotes: Informer<ServiceImport>;
  readonly remoteServices: Informer<Service>;
  readonly applier: Applier;
}

function startServiceImportReflector(deps: ReflectionDeps, pair: NamespacePair): Controller {
  const work: Work = {
    deps,
    pair,
    locals: pair.locals.for(serviceImports, { namespace: pair.local }),
    remotes: pair.remotes.for(serviceImports, { namespace: pair.remote }),
    remoteServices: pair.remotes.for(services, { namespace: pair.remote }),
    applier: new Applier(deps.remote, { fieldManager: REFLECTION_FIELD_MANAGER }),
  };
  const isBehind = ({ metadata, spec }: ServiceImport, service: Service): boolean =>
    spec !== undefined && service.metadata?.name === derivedName(metadata?.name ?? "", spec.type);
  return {
    name: "serviceimport-reflection",
    workers: deps.settings.reflectors.serviceimport.workers,
    watches: [
      watchNamed(work.locals, keyOf),
      watchNamed(work.remotes, ({ metadata }) => ({ namespace: pair.local, name: metadata?.name ?? "" })),
      watchMapped(work.remoteServices, (service) =>
        work.locals.store
          .list()
          .filter((each) => isBehind(each, service))
          .map(keyOf),
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, pair, applier, locals, remotes } = work;
  deps.metrics.item("serviceimport", pair.local);
  const local = locals.store.get(key);
  const remote = remotes.store.get({ namespace: pair.remote, name: key.name });
  const isOurs = remote !== undefined && isReflected(remote, deps.scope);
  const isWanted = local?.spec !== undefined && isOfMulticluster(local);
  const plan = planReflection({ local, remote, isWanted, isOurs });
  if (plan.do === "foreign" && local !== undefined)
    deps
      .events("liqo-serviceimport-reflection")
      .warning(ctx, local, messages.FAILED_REFLECTION, nameTaken(deps.scope.destination, pair.remote));
  if (plan.do === "delete" && remote !== undefined) {
    await deps.remote.deleteObserved(ctx, serviceImports, remote);
    applier.forget(serviceImports, keyOf(remote));
  }
  if (plan.do !== "apply" || local?.spec === undefined) return DONE;
  const wanted = forgeTwinImport(work, local, local.spec);
  const applied = await applier.applyIfChanged(ctx, serviceImports, { cached: remote, wanted });
  if (applied !== undefined) remotes.observe(applied);
  await reportStatus(ctx, work, local, applied ?? remote ?? wanted);
  return DONE;
}

function forgeTwinImport(
  { deps, pair, remoteServices }: Work,
  local: ServiceImport,
  { ips, ...spec }: NonNullable<ServiceImport["spec"]>,
): ServiceImport {
  const name = derivedName(local.metadata?.name ?? "", spec.type);
  const ip = remoteServices.store.get({ namespace: pair.remote, name })?.spec?.clusterIP;
  return {
    metadata: forgeReflectedMetadata(local, pair.remote, deps.scope),
    spec: { ...spec, ...withAddress(spec.type, ip) },
  };
}

async function reportStatus(ctx: Context, { deps, remotes }: Work, local: ServiceImport, twin: ServiceImport) {
  const conflict = findCondition(local.status?.conditions, "Conflict");
  const seen = { conflict, isReachable: isReachable(twin) };
  const status = {
    clusters: local.status?.clusters ?? [],
    conditions: importConditions(twin.status?.conditions, seen, deps.clock.epochMs()),
  };
  if (jsonEquals(status, twin.status)) return;
  const options = { subresource: "status", fieldManager: REFLECTION_FIELD_MANAGER };
  const body = { metadata: { uid: twin.metadata?.uid }, status };
  remotes.observe(await deps.remote.patch(ctx, serviceImports, keyOf(twin), "merge", body, options));
}

/** Events of the provider about offloaded objects, told at home. Upstream: pkg/virtualKubelet/reflection/event/event.go */
import type { Event } from "kubernetes-types/core/v1";
import type { ReflectorName } from "#api/offloading/reflectors.ts";
import type { Context } from "#base/context.ts";
import { localConfigMapName } from "#forge/configmap.ts";
import { forgeLocalEvent } from "#forge/event.ts";
import { REFLECTION_FIELD_MANAGER, reflectedSelector } from "#forge/reflected-metadata.ts";
import { defaultOf, wishOf } from "#forge/reflection-policy.ts";
import { type Controller, DONE, type Result } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import {
  configMaps,
  coreEvents,
  endpointSlices,
  ingresses,
  networkPolicies,
  persistentVolumeClaims,
  secrets,
  services,
} from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject, ObjectKey } from "#machinery/meta.ts";
import type { NamespacePair, ReflectionDeps, Reflector } from "../deps.ts";
import { watchNamed } from "../watch.ts";

export const eventReflector: Reflector = { name: "event", start: startEventReflector };

/** Which local object an event can be about, and the reflector that made its remote copy. */
const TARGETS: Readonly<Record<string, { readonly resource: Resource<KubeObject>; readonly by: ReflectorName }>> = {
  Service: { resource: services, by: "service" },
  EndpointSlice: { resource: endpointSlices, by: "endpointslice" },
  Ingress: { resource: ingresses, by: "ingress" },
  ConfigMap: { resource: configMaps, by: "configmap" },
  Secret: { resource: secrets, by: "secret" },
  ShadowNetworkPolicy: { resource: networkPolicies, by: "networkpolicy" },
  PersistentVolumeClaim: { resource: persistentVolumeClaims, by: "persistentvolumeclaim" },
};

const POLICY = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy" };

/** What is kept of a namespace at a time: a provider could make any number. */
const MOST_EVENTS = 1_000;

interface Work {
  readonly deps: ReflectionDeps;
  readonly pair: NamespacePair;
  readonly locals: Informer<Event>;
  readonly remotes: Informer<Event>;
}

function metadataOnly({ metadata }: Event): Event {
  return { metadata, involvedObject: {} };
}

function startEventReflector(deps: ReflectionDeps, pair: NamespacePair): Controller {
  const work: Work = {
    deps,
    pair,
    locals: pair.locals.for(coreEvents, {
      namespace: pair.local,
      labelSelector: reflectedSelector(deps.scope),
      transform: metadataOnly,
    }),
    remotes: pair.remotes.for(coreEvents, { namespace: pair.remote }),
  };
  const byName = ({ metadata }: Event): ObjectKey => ({ namespace: pair.local, name: metadata?.name ?? "" });
  return {
    name: "event-reflection",
    workers: deps.settings.reflectors.event.workers,
    watches: [watchNamed(work.remotes, byName), watchNamed(work.locals, byName)],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, pair, locals, remotes } = work;
  deps.metrics.item("event", pair.local);
  const remote = remotes.store.get({ namespace: pair.remote, name: key.name });
  const local = locals.store.get(key);
  if (remote === undefined) {
    if (local !== undefined) await deps.local.deleteObserved(ctx, coreEvents, local);
    return DONE;
  }
  if (local !== undefined || !isWanted(remote, deps) || locals.store.list().length >= MOST_EVENTS) return DONE;
  const object = await findTarget(ctx, work, remote);
  if (object === undefined) return DONE;
  // Whoever describes the policy sees what is told of its shadow.
  const kind = remote.involvedObject.kind === "ShadowNetworkPolicy" ? { kind: POLICY } : {};
  const event = forgeLocalEvent(remote, { namespace: pair.local, object, ...kind }, deps.scope);
  await deps.local.createIfAbsent(ctx, coreEvents, event, { fieldManager: REFLECTION_FIELD_MANAGER });
  return DONE;
}

function isWanted(remote: Event, { settings }: ReflectionDeps): boolean {
  const { type } = settings.reflectors.event;
  return wishOf(remote.metadata.annotations, type) ?? defaultOf(type);
}

async function findTarget(ctx: Context, { deps, pair }: Work, remote: Event): Promise<KubeObject | undefined> {
  const { kind = "", name = "" } = remote.involvedObject;
  if (kind === "Pod" || kind === "ShadowPod") return deps.localPods.store.get({ namespace: pair.local, name });
  const target = TARGETS[kind];
  if (target === undefined) return undefined;
  const key = {
    namespace: pair.local,
    name: kind === "ConfigMap" ? localConfigMapName(name, deps.scope.origin) : name,
  };
  // Shares the informer of the kind's own reflector where there is one.
  if (deps.settings.reflectors[target.by].workers === 0) return deps.local.find(ctx, target.resource, key);
  return pair.locals.for(target.resource, { namespace: pair.local }).store.get(key);
}

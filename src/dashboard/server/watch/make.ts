/** From what the informers of a cluster have to one item. */
import type { Event } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { KubeObject, ObjectKey } from "#machinery/meta.ts";
import { nodeNameOf } from "#machinery/pod.ts";
import { acceptedMappings, isOwnNamespaceMap } from "#trust/namespace-map.ts";
import type { Item, ItemKind, NamespaceItem, WorkloadItem } from "../../model/items.ts";
import { namespaceItem, originOf } from "../items/namespace.ts";
import { nodeItem, providerOf } from "../items/node.ts";
import { peeringItem } from "../items/peering.ts";
import { podItem } from "../items/pod.ts";
import { reflectedItem } from "../items/reflected.ts";
import { serviceItem, serviceOf } from "../items/service.ts";
import { type Workload, workloadItem } from "../items/workload.ts";
import type { Followed } from "./resources.ts";

export interface Place {
  readonly cluster: string;
  readonly contextOf: (clusterId: string) => string;
  /** What the consumer tells of an object that it could not copy again. */
  readonly failureOf: (origin: NonNullable<NamespaceItem["origin"]>, kind: string, name: string) => Event | undefined;
}

/** Undefined where there is no such object. */
export function makeItem(followed: Followed, place: Place, kind: ItemKind, key: NamedKey): Item | undefined {
  const { cluster } = place;
  switch (kind) {
    case "node": {
      const node = followed.nodes.store.get(key);
      return node && nodeItem(node, cluster);
    }
    case "namespace": {
      const offloading = followed.offloadings.store.get({ namespace: key.name, name: OFFLOADING_NAME });
      const namespace = followed.namespaces.store.get({ name: key.name });
      return namespace && namespaceItem(namespace, cluster, offloading);
    }
    case "pod":
      return podOf(followed, place, key);
    case "service": {
      const service = followed.services.store.get(key);
      const slices = followed.slices.store.indexBy(serviceOf).get(`${key.namespace}/${key.name}`);
      return service && serviceItem(service, slices, place);
    }
    case "peering":
      return peeringOf(followed, place, key.name);
    case "workload": {
      const found = workloadOf(followed, key);
      return found && workloadItem(found, cluster);
    }
    case "reflected":
      return reflectedOf(followed, place, key);
    case "cluster":
      return undefined;
  }
}

/** What of an informer does not depend on its kind. */
interface Listed {
  readonly store: { list(namespace?: string): KubeObject[]; get(key: ObjectKey): KubeObject | undefined };
}

export interface NamedKey {
  readonly namespace: string;
  readonly name: string;
}

/** All that there are of a kind, in a namespace where one is given. */
export function keysOf(followed: Followed, kind: ItemKind, namespace: string | undefined): NamedKey[] {
  const of = (informer: Listed | undefined, prefix = ""): NamedKey[] =>
    (informer?.store.list(namespace) ?? []).map(({ metadata }) => ({
      namespace: metadata?.namespace ?? "",
      name: `${prefix}${metadata?.name ?? ""}`,
    }));
  switch (kind) {
    case "node":
      return of(followed.nodes);
    case "namespace":
      return of(followed.namespaces);
    case "pod":
      return of(followed.pods);
    case "service":
      return of(followed.services);
    case "peering":
      return of(followed.peers);
    case "workload":
      return Object.entries(followed.workloads).flatMap(([name, informer]) => of(informer, `${name}/`));
    case "reflected":
      return Object.keys(copiesIn(followed)).flatMap((name) => of(copiesIn(followed)[name], `${name}/`));
    case "cluster":
      return [];
  }
}

function copiesIn({ reflected, services, slices }: Followed): Readonly<Record<string, Listed>> {
  return { ...reflected, Service: services, EndpointSlice: slices };
}

function podOf(followed: Followed, { cluster, contextOf }: Place, key: NamedKey): Item | undefined {
  const pod = followed.pods.store.get(key);
  if (pod === undefined) return undefined;
  const { nodeName } = pod.spec ?? {};
  const provider = nodeName === undefined ? undefined : providerOf(followed.nodes.store.get({ name: nodeName }));
  const origin = originOf(followed.namespaces.store.get({ name: key.namespace }));
  return podItem(pod, {
    ...{ cluster, contextOf, provider, origin },
    twinNamespace: provider === undefined ? undefined : twinNamespaceOf(followed, provider, key.namespace),
  });
}

function twinNamespaceOf({ maps }: Followed, provider: string, namespace: string): string | undefined {
  const map = maps.store.list().find((each) => isOwnNamespaceMap(each, provider));
  return map && acceptedMappings(map).get(namespace);
}

/** What is labelled for a peer and lies elsewhere than in its tenant namespace may be anybody's. */
function peeringOf(followed: Followed, { cluster }: Place, name: string): Item | undefined {
  const peer = followed.peers.store.get({ name });
  if (peer === undefined) return undefined;
  const namespace = peer.status?.tenantNamespace?.local || `liqo-tenant-${name}`;
  const of = <T extends KubeObject>({ store }: Informer<T>): T[] =>
    store.list(namespace).filter(({ metadata }) => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === name);
  const { connections, configurations, servers, clients, slices, identities, tenants, virtualNodes } = followed.peering;
  return peeringItem({
    ...{ cluster, peer },
    connections: of(connections),
    configurations: of(configurations),
    servers: of(servers),
    clients: of(clients),
    slices: of(slices),
    identities: of(identities),
    tenants: of(tenants),
    virtualNodes: of(virtualNodes),
    podsOn: (node) => followed.pods.store.indexBy(nodeNameOf).get(node),
  });
}

function workloadOf({ workloads }: Followed, key: NamedKey): Workload | undefined {
  const [of, name] = partsOf(key.name);
  // The key was made of the informer's own objects.
  const kind = of as WorkloadItem["of"];
  const object = workloads[kind]?.store.get({ namespace: key.namespace, name });
  return object === undefined ? undefined : ({ of: kind, object } as Workload);
}

function reflectedOf(followed: Followed, { cluster, failureOf }: Place, key: NamedKey): Item | undefined {
  const [kind, name] = partsOf(key.name);
  const object = copiesIn(followed)[kind]?.store.get({ namespace: key.namespace, name });
  if (object?.metadata?.labels?.[labels.ORIGIN] === undefined) return undefined;
  const origin = originOf(followed.namespaces.store.get({ name: key.namespace }));
  return reflectedItem(kind, object, cluster, origin && failureOf(origin, kind, name));
}

/** `Deployment/web` */
function partsOf(text: string): readonly [string, string] {
  const at = text.indexOf("/");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The informers of one cluster: what is kept of each object, and which items have to be made anew when it changes. */
import type { Event, Namespace, Node, Pod, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type Identity, identities } from "#api/authentication/identity.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import {
  type NamespaceMap,
  type NamespaceOffloading,
  namespaceMaps,
  namespaceOffloadings,
  OFFLOADING_NAME,
} from "#api/offloading/namespace.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Informer, InformerOptions } from "#kube/informer/informer.ts";
import {
  configMaps,
  coreEvents,
  daemonSets,
  deployments,
  endpointSlices,
  ingresses,
  jobs,
  namespaces,
  nodes,
  persistentVolumeClaims,
  pods,
  secrets,
  services,
  statefulSets,
} from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { ItemKind, WorkloadItem } from "../../model/items.ts";
import { originOf, trimNamespace } from "../items/namespace.ts";
import { providerOf, trimNode } from "../items/node.ts";
import { trimPod } from "../items/pod.ts";
import { reflectedName, trimToMetadata } from "../items/reflected.ts";
import { SERVICE_NAME, trimEndpointSlice, trimService } from "../items/service.ts";
import { trimDaemonSet, trimJob, trimReplicated, workloadName } from "../items/workload.ts";

/** An item that has to be made anew; without a name all of its kind, in the namespace where one is given. */
export interface Touched {
  readonly kind: ItemKind;
  readonly namespace?: string;
  readonly name?: string;
}

/** Starts an informer whose changes touch items. `previous` is undefined for what comes or goes. */
export type Follow = <T extends KubeObject>(
  resource: Resource<T>,
  options: InformerOptions<T>,
  touches: (object: T, previous: T | undefined) => readonly Touched[],
) => Informer<T>;

export interface Followed {
  readonly nodes: Informer<Node>;
  readonly namespaces: Informer<Namespace>;
  readonly pods: Informer<Pod>;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  readonly workloads: Readonly<Record<WorkloadItem["of"], Informer<KubeObject>>>;
  readonly peers: Informer<ForeignCluster>;
  readonly peering: {
    readonly connections: Informer<Connection>;
    readonly configurations: Informer<Configuration>;
    readonly servers: Informer<GatewayServer>;
    readonly clients: Informer<GatewayClient>;
    readonly slices: Informer<ResourceSlice>;
    readonly identities: Informer<Identity>;
    readonly tenants: Informer<Tenant>;
    readonly virtualNodes: Informer<VirtualNode>;
  };
  readonly offloadings: Informer<NamespaceOffloading>;
  readonly maps: Informer<NamespaceMap>;
  /** By kind; Services and EndpointSlices are found among the above. */
  readonly reflected: Readonly<Record<string, Informer<KubeObject>>>;
  readonly failures: Informer<Event>;
}

/** What is copied from another cluster, beside pods, Services and EndpointSlices. Only their metadata is asked for. */
const REFLECTED = {
  ConfigMap: configMaps,
  Ingress: ingresses,
  PersistentVolumeClaim: persistentVolumeClaims,
  Secret: secrets,
};

const FAILED_REFLECTION = "FailedReflection";

export function followAll(follow: Follow, touchFailed: (event: Event) => void): Followed {
  const ofNodes = follow<Node>(nodes, { transform: trimNode, ...WRITERS }, touchedByNode);
  return {
    nodes: ofNodes,
    namespaces: follow<Namespace>(namespaces, { transform: trimNamespace, ...WRITERS }, touchedByNamespace),
    pods: follow<Pod>(pods, { transform: trimPod, ...WRITERS }, (pod) => touchedByPod(pod, ofNodes)),
    services: follow<Service>(services, { transform: trimService, ...WRITERS }, touchedByService),
    slices: follow<EndpointSlice>(endpointSlices, { transform: trimEndpointSlice, ...WRITERS }, touchedBySlice),
    workloads: followWorkloads(follow),
    peers: follow<ForeignCluster>(foreignClusters, WRITERS, ({ metadata }) => peeringOf(metadata?.name)),
    peering: followPeering(follow),
    offloadings: follow<NamespaceOffloading>(namespaceOffloadings, WRITERS, ({ metadata }) =>
      metadata?.name === OFFLOADING_NAME ? [{ kind: "namespace", name: metadata.namespace ?? "" }] : [],
    ),
    maps: follow<NamespaceMap>(namespaceMaps, WRITERS, () => [{ kind: "pod" }]),
    reflected: Object.fromEntries(
      Object.entries(REFLECTED).map(([kind, resource]) => [kind, followReflected(follow, kind, resource)]),
    ),
    failures: follow<Event>(coreEvents, { fieldSelector: `reason=${FAILED_REFLECTION}`, ...WRITERS }, (event) => {
      touchFailed(event);
      return [];
    }),
  };
}

/** Who wrote last is kept by the transforms; without one all managers would be. */
const WRITERS = { keepsManagedFields: true } as const;

function touchedByNode(node: Node, previous: Node | undefined): Touched[] {
  const name = node.metadata?.name ?? "";
  const [is, was] = [providerOf(node), providerOf(previous)];
  return [{ kind: "node", name }, ...(is === was ? [] : ([{ kind: "pod" }] as const))];
}

function touchedByNamespace(namespace: Namespace, previous: Namespace | undefined): Touched[] {
  const name = namespace.metadata?.name ?? "";
  const own: Touched = { kind: "namespace", name };
  if (JSON.stringify(originOf(namespace)) === JSON.stringify(originOf(previous))) return [own];
  return [own, { kind: "pod", namespace: name }, { kind: "reflected", namespace: name }];
}

function touchedByPod({ metadata, spec }: Pod, ofNodes: Informer<Node>): Touched[] {
  const { namespace = "", name = "" } = metadata ?? {};
  const node = spec?.nodeName === undefined ? undefined : ofNodes.store.get({ name: spec.nodeName });
  return [{ kind: "pod", namespace, name }, ...peeringOf(providerOf(node))];
}

function touchedByService(service: Service): Touched[] {
  const { namespace = "", name = "" } = service.metadata ?? {};
  return [{ kind: "service", namespace, name }, ...touchedCopy("Service", service)];
}

function touchedBySlice(slice: EndpointSlice): Touched[] {
  const { namespace = "", labels: own } = slice.metadata ?? {};
  const name = own?.[SERVICE_NAME];
  const copy = touchedCopy("EndpointSlice", slice);
  return name === undefined ? copy : [{ kind: "service", namespace, name }, ...copy];
}

function touchedCopy(kind: string, { metadata }: KubeObject): Touched[] {
  const { namespace = "", name = "", labels: own } = metadata ?? {};
  if (own?.[labels.ORIGIN] === undefined) return [];
  return [{ kind: "reflected", namespace, name: reflectedName(kind, name) }];
}

function followReflected(follow: Follow, kind: string, resource: Resource<KubeObject>): Informer<KubeObject> {
  const options = {
    labelSelector: labels.ORIGIN,
    metadataOnly: true,
    transform: trimToMetadata<KubeObject>,
    ...WRITERS,
  };
  return follow(resource, options, (object) => touchedCopy(kind, object));
}

function followWorkloads(follow: Follow): Followed["workloads"] {
  const of = <T extends KubeObject>(kind: WorkloadItem["of"], resource: Resource<T>, transform: (object: T) => T) =>
    follow<T>(resource, { transform, ...WRITERS }, ({ metadata }) => [
      { kind: "workload", namespace: metadata?.namespace ?? "", name: workloadName(kind, metadata?.name ?? "") },
    ]) as unknown as Informer<KubeObject>;
  return {
    Deployment: of("Deployment", deployments, trimReplicated),
    StatefulSet: of("StatefulSet", statefulSets, trimReplicated),
    DaemonSet: of("DaemonSet", daemonSets, trimDaemonSet),
    Job: of("Job", jobs, trimJob),
  };
}

function followPeering(follow: Follow): Followed["peering"] {
  const of = <T extends KubeObject>(resource: Resource<T>): Informer<T> =>
    follow<T>(resource, WRITERS, ({ metadata }) => peeringOf(metadata?.labels?.[labels.REMOTE_CLUSTER_ID]));
  return {
    connections: of<Connection>(connections),
    configurations: of<Configuration>(configurations),
    servers: of<GatewayServer>(gatewayServers),
    clients: of<GatewayClient>(gatewayClients),
    slices: of<ResourceSlice>(resourceSlices),
    identities: of<Identity>(identities),
    tenants: of<Tenant>(tenants),
    virtualNodes: of<VirtualNode>(virtualNodes),
  };
}

function peeringOf(peer: string | undefined): Touched[] {
  return peer === undefined ? [] : [{ kind: "peering", name: peer }];
}

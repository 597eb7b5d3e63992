/**
 * EndpointSlices, and the older Endpoints, of Services with a selector.
 * Kubernetes: pkg/controller/endpointslice, pkg/controller/endpoint
 */
import type { Endpoints, Pod, Service, ServicePort } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointPort, EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { endpointSlices, endpoints, pods, services } from "#machinery/builtin.ts";
import { controllerReference, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isReady, isTerminal, isTerminating } from "#machinery/pod.ts";
import { selectsMap } from "#machinery/selector.ts";
import type { Deps } from "../deps.ts";
import { shortHash } from "../pods.ts";
import { writeSlices } from "./write.ts";

const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGER = "endpointslice-controller.k8s.io";
const ENDPOINTS_MANAGED_BY = "endpoints.kubernetes.io/managed-by";
const ENDPOINTS_MANAGER = "endpoint-controller";
const SERVICE_NAME = "kubernetes.io/service-name";
// Kubernetes: --max-endpoints-per-slice
const MAX_PER_SLICE = 100;

export function endpointSliceController(deps: Deps): Controller {
  const serviceInformer = deps.informers.for(services);
  const podInformer = deps.informers.for(pods);
  const slices = deps.informers.for(endpointSlices);
  const endpointsInformer = deps.informers.for(endpoints);
  const servicesOf = (pod: Pod): ObjectKey[] =>
    serviceInformer.store
      .list(pod.metadata?.namespace)
      .filter(({ spec }) => spec?.selector !== undefined && selectsMap(spec.selector, pod.metadata?.labels))
      .map(({ metadata }) => ({ namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" }));
  return {
    name: "endpointslice",
    workers: 5,
    watches: [
      watchFor(serviceInformer),
      watchMapped(podInformer, servicesOf),
      watchFor(endpointsInformer),
      watchMapped(slices, ({ metadata }) => {
        const name = metadata?.labels?.[MANAGED_BY] === MANAGER ? metadata.labels[SERVICE_NAME] : undefined;
        return name === undefined ? [] : [{ namespace: metadata?.namespace ?? "", name }];
      }),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const service = serviceInformer.store.get(key);
      if (service === undefined) await removeEndpoints(ctx, deps, endpointsInformer.store.get(key));
      if (
        service === undefined ||
        service.spec?.selector === undefined ||
        service.spec.type === "ExternalName" ||
        service.metadata?.deletionTimestamp !== undefined
      )
        return DONE;
      const { selector } = service.spec;
      const chosen = podInformer.store
        .list(key.namespace)
        .filter((pod) => selectsMap(selector, pod.metadata?.labels) && isListed(pod));
      const owned = slices.store
        .list(key.namespace)
        .filter(
          ({ metadata }) => metadata?.labels?.[SERVICE_NAME] === key.name && metadata.labels[MANAGED_BY] === MANAGER,
        );
      await writeSlices(ctx, deps, { owned, wanted: planSlices(service, chosen), fieldManager: MANAGER });
      await deps.client.apply(ctx, endpoints, forgeEndpoints(service, chosen), { fieldManager: ENDPOINTS_MANAGER });
      return DONE;
    },
  };
}

/** Slices go with their owner; Endpoints have none. */
async function removeEndpoints(ctx: Context, deps: Deps, found: Endpoints | undefined): Promise<void> {
  if (found?.metadata?.labels?.[ENDPOINTS_MANAGED_BY] !== ENDPOINTS_MANAGER) return;
  await deps.client.deleteIfPresent(ctx, endpoints, keyOf(found), { uid: found.metadata.uid ?? "" });
}

function isListed(pod: Pod): boolean {
  return (pod.status?.podIP ?? "") !== "" && !isTerminal(pod);
}

/** The slices a Service should have: one group per distinct set of resolved ports, cut at 100 endpoints. */
export function planSlices(service: Service, chosen: readonly Pod[]): EndpointSlice[] {
  const groups = new Map<string, { ports: EndpointPort[]; pods: Pod[] }>();
  for (const pod of [...chosen].sort((a, b) => ((a.metadata?.uid ?? "") < (b.metadata?.uid ?? "") ? -1 : 1))) {
    const ports = resolvePorts(service.spec?.ports ?? [], pod);
    const group = groups.get(JSON.stringify(ports)) ?? { ports, pods: [] };
    group.pods.push(pod);
    groups.set(JSON.stringify(ports), group);
  }
  if (groups.size === 0) groups.set("", { ports: [], pods: [] });
  return [...groups.values()].flatMap(({ ports, pods: members }) => {
    const count = Math.max(1, Math.ceil(members.length / MAX_PER_SLICE));
    return Array.from({ length: count }, (_, i) =>
      forgeSlice(
        service,
        ports,
        members.slice(i * MAX_PER_SLICE, (i + 1) * MAX_PER_SLICE),
        `${JSON.stringify(ports)}${i}`,
      ),
    );
  });
}

/** Target ports as this pod has them: names are looked up in its containers. */
function resolvePorts(ports: readonly ServicePort[], pod: Pod): EndpointPort[] {
  return ports.flatMap(({ name, port, targetPort, protocol, appProtocol }) => {
    const number = typeof targetPort === "string" ? namedPort(pod, targetPort) : (targetPort ?? port);
    if (number === undefined) return [];
    return [
      {
        name: name ?? "",
        port: number,
        protocol: protocol ?? "TCP",
        ...(appProtocol !== undefined && { appProtocol }),
      },
    ];
  });
}

function namedPort(pod: Pod, name: string): number | undefined {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers.flatMap(({ ports }) => ports ?? []).find((port) => port.name === name)?.containerPort;
}

function forgeSlice(service: Service, ports: EndpointPort[], members: readonly Pod[], salt: string): EndpointSlice {
  const { name = "", namespace = "", labels } = service.metadata ?? {};
  const isHeadless = service.spec?.clusterIP === "None";
  return {
    metadata: {
      name: `${name}-${shortHash([service.metadata?.uid, salt], 5)}`,
      namespace,
      labels: {
        ...labels,
        [SERVICE_NAME]: name,
        [MANAGED_BY]: MANAGER,
        ...(isHeadless && { "service.kubernetes.io/headless": "" }),
      },
      ownerReferences: [controllerReference({ apiVersion: "v1", kind: "Service", ...service })],
    },
    addressType: "IPv4",
    endpoints: members.map((pod) => forgeEndpoint(service, pod)),
    ports,
  };
}

function forgeEndpoint(service: Service, pod: Pod): Endpoint {
  const terminating = isTerminating(pod);
  const serving = isReady(pod);
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating);
  const { hostname, subdomain, nodeName } = pod.spec ?? {};
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: { ready, serving, terminating },
    ...(nodeName !== undefined && { nodeName }),
    ...(hostname !== undefined && subdomain === service.metadata?.name && { hostname }),
    targetRef: {
      kind: "Pod",
      namespace: pod.metadata?.namespace ?? "",
      name: pod.metadata?.name ?? "",
      uid: pod.metadata?.uid ?? "",
    },
  };
}

/** The older view of the same pods: those that are ending are in none, and a subset without an address is invalid. */
export function forgeEndpoints(service: Service, chosen: readonly Pod[]): Endpoints {
  const { name = "", namespace = "", labels } = service.metadata ?? {};
  const subsets = planSlices(service, chosen)
    .map((slice) => {
      const address = (e: Endpoint) => ({
        ip: e.addresses[0] ?? "",
        ...(e.nodeName !== undefined && { nodeName: e.nodeName }),
        ...(e.targetRef !== undefined && { targetRef: e.targetRef }),
      });
      const live = (slice.endpoints ?? []).filter((e) => e.conditions?.terminating !== true);
      const ready = live.filter((e) => e.conditions?.ready === true).map(address);
      const notReady = live.filter((e) => e.conditions?.ready !== true).map(address);
      return {
        ...(ready.length > 0 && { addresses: ready }),
        ...(notReady.length > 0 && { notReadyAddresses: notReady }),
        ports: (slice.ports ?? []).map((p) => ({
          ...(p.name !== "" && p.name !== undefined && { name: p.name }),
          port: p.port ?? 0,
          protocol: p.protocol ?? "TCP",
        })),
      };
    })
    .filter(({ addresses, notReadyAddresses }) => addresses !== undefined || notReadyAddresses !== undefined);
  return {
    metadata: { name, namespace, labels: { ...labels, [ENDPOINTS_MANAGED_BY]: ENDPOINTS_MANAGER } },
    subsets,
  };
}

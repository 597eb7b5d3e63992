/** Services with their endpoints, and the pods behind those in whichever cluster. */
import type { Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import * as labels from "#api/labels.ts";
import { type ItemKey, itemKey, type ServiceItem } from "../../model/items.ts";
import { trimMetadata } from "./writer.ts";

export const SERVICE_NAME = "kubernetes.io/service-name";
// A Service of a thousand pods has as many; a page shows less.
const MOST_ENDPOINTS = 1_000;

export function trimService(service: Service): Service {
  const { type, clusterIP, externalIPs, ports, externalName } = service.spec ?? {};
  const ingress = service.status?.loadBalancer?.ingress;
  return {
    metadata: trimMetadata(service, [labels.ORIGIN]),
    spec: {
      ...(type !== undefined && { type }),
      ...(clusterIP !== undefined && { clusterIP }),
      ...(externalIPs !== undefined && { externalIPs }),
      ...(ports !== undefined && { ports }),
      ...(externalName !== undefined && { externalName }),
    },
    status: { loadBalancer: { ...(ingress !== undefined && { ingress }) } },
  };
}

export function trimEndpointSlice(slice: EndpointSlice): EndpointSlice {
  const { addressType, endpoints } = slice;
  return {
    metadata: trimMetadata(slice, [SERVICE_NAME, labels.ORIGIN]),
    ...{ addressType, ports: [] },
    endpoints: (endpoints ?? []).map(({ addresses, conditions, targetRef, nodeName }) => ({
      addresses,
      ...(conditions?.ready !== undefined && { conditions: { ready: conditions.ready } }),
      ...(nodeName !== undefined && { nodeName }),
      ...(targetRef !== undefined && {
        targetRef: {
          ...(targetRef.kind !== undefined && { kind: targetRef.kind }),
          ...(targetRef.namespace !== undefined && { namespace: targetRef.namespace }),
          ...(targetRef.name !== undefined && { name: targetRef.name }),
        },
      }),
    })),
  };
}

/** The name of its Service, for an index by `namespace/name`. */
export function serviceOf({ metadata }: EndpointSlice): readonly string[] {
  const name = metadata?.labels?.[SERVICE_NAME];
  return name === undefined ? [] : [`${metadata?.namespace ?? ""}/${name}`];
}

export function serviceItem(
  service: Service,
  slices: readonly EndpointSlice[],
  { cluster, contextOf }: { readonly cluster: string; readonly contextOf: (clusterId: string) => string },
): ServiceItem {
  const { namespace = "", name = "", labels: own } = service.metadata ?? {};
  const { type = "ClusterIP", clusterIP, externalIPs = [], ports = [] } = service.spec ?? {};
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const origin = own?.[labels.ORIGIN];
  return {
    ...{ key: itemKey("service", cluster, namespace, name), cluster, kind: "service", namespace, name, type },
    ...(clusterIP !== undefined && clusterIP !== "" && { clusterIP }),
    external: [...ingress.flatMap(({ ip, hostname }) => ip ?? hostname ?? []), ...externalIPs],
    ports: ports.map((port) => ({
      ...(port.name !== undefined && port.name !== "" && { name: port.name }),
      port: port.port,
      ...(port.nodePort !== undefined && port.nodePort !== 0 && { nodePort: port.nodePort }),
      protocol: port.protocol ?? "TCP",
    })),
    endpoints: endpointsOf(slices, (endpoint) => podOf(endpoint, { cluster, namespace, contextOf })),
    ...(origin !== undefined && { origin }),
  };
}

function endpointsOf(
  slices: readonly EndpointSlice[],
  pod: (endpoint: Endpoint) => ItemKey | undefined,
): ServiceItem["endpoints"] {
  const byAddress = new Map<string, ServiceItem["endpoints"][number]>();
  for (const endpoint of slices.flatMap(({ endpoints }) => endpoints ?? [])) {
    const key = pod(endpoint);
    for (const address of endpoint.addresses)
      byAddress.set(address, {
        address,
        ready: endpoint.conditions?.ready !== false,
        ...(key !== undefined && { pod: key }),
      });
  }
  const sorted = [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  return sorted.slice(0, MOST_ENDPOINTS);
}

/** What a consumer reflects names its own pods, as `RemotePod`, and itself in place of the node. */
function podOf(
  { targetRef, nodeName = "" }: Endpoint,
  at: { readonly cluster: string; readonly namespace: string; readonly contextOf: (clusterId: string) => string },
): ItemKey | undefined {
  const { kind, name, namespace = at.namespace } = targetRef ?? {};
  if (name === undefined) return undefined;
  if (kind === "Pod") return itemKey("pod", at.cluster, namespace, name);
  return kind === "RemotePod" ? itemKey("pod", at.contextOf(nodeName), namespace, name) : undefined;
}

/** The ShadowEndpointSlice of a local EndpointSlice. Upstream: pkg/virtualKubelet/forge/endpointslices.go */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import { DIRECT_CONNECTIONS_DATA } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import { type DirectAddress, formatDirectConnections } from "./direct-connections.ts";
import { forgeReflectedMetadata, type ReflectionScope } from "./reflected-metadata.ts";

export interface EndpointOptions {
  /** Whether the provider has this endpoint itself, because its node is a virtual one of the provider. */
  readonly isNative: (nodeName: string) => boolean;
  /** Our address → the one peers may use; undefined when it has none yet: it is left out, and its neighbours stay right. */
  readonly translate: (address: string) => string | undefined;
  /** The cluster that the provider is to reach this endpoint in by itself; undefined: the way is through this one. */
  readonly directTo: (endpoint: Endpoint) => string | undefined;
  /**
   * Our address of a provider's pod → the provider's own. Given where the provider has no slice of its own with these
   * endpoints; undefined: they are left out.
   */
  readonly giveBack?: (address: string) => string | undefined;
}

export function forgeShadowEndpointSlice(
  local: EndpointSlice,
  namespace: string,
  scope: ReflectionScope,
  options: EndpointOptions,
): ShadowEndpointSlice {
  const metadata = forgeReflectedMetadata(local, namespace, scope);
  // Of a Service that selects nothing both lists are null, whatever the published type says.
  const ports = local.ports?.map((port) => ({ ...port }));
  const direct = directAddresses(local, options);
  const endpoints = (local.endpoints ?? []).flatMap((endpoint) => {
    const isNative = isNativeEndpoint(endpoint, options);
    const place = isNative ? options.giveBack : placeOf(endpoint, options);
    const addresses = endpoint.addresses.flatMap((address) => place?.(address) ?? []);
    // The node tells the provider whose addresses these are, which may look alike.
    const nodeName = isNative ? scope.destination : scope.origin;
    return addresses.length === 0 ? [] : [forgeEndpoint(endpoint, addresses, nodeName)];
  });
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [labels.ENDPOINT_SLICE_MANAGED_BY]: labels.ENDPOINT_SLICE_REFLECTION },
      ...(direct.length > 0 && {
        annotations: { ...metadata.annotations, [DIRECT_CONNECTIONS_DATA]: formatDirectConnections(direct) },
      }),
    },
    spec: {
      template: {
        addressType: local.addressType,
        ...(endpoints.length > 0 && { endpoints }),
        ...(ports !== undefined && { ports }),
      },
    },
  };
}

/** The addresses of the slice that `forgeShadowEndpointSlice` leaves out, because peers have no way to them yet. */
export function untranslatedAddresses(local: EndpointSlice, options: EndpointOptions): string[] {
  return foreignEndpoints(local, options)
    .filter((endpoint) => options.directTo(endpoint) === undefined)
    .flatMap(({ addresses }) => addresses)
    .filter((address) => options.translate(address) === undefined);
}

/** What another provider reaches by itself is told as it is here. */
function placeOf(endpoint: Endpoint, { directTo, translate }: EndpointOptions): EndpointOptions["translate"] {
  return directTo(endpoint) === undefined ? translate : (address) => address;
}

function directAddresses(local: EndpointSlice, options: EndpointOptions): DirectAddress[] {
  return foreignEndpoints(local, options).flatMap((endpoint) => {
    const clusterId = options.directTo(endpoint);
    if (clusterId === undefined) return [];
    return endpoint.addresses.map((address) => ({ address, clusterId, relayed: options.translate(address) }));
  });
}

function foreignEndpoints({ endpoints }: EndpointSlice, options: EndpointOptions): Endpoint[] {
  return (endpoints ?? []).filter((endpoint) => !isNativeEndpoint(endpoint, options));
}

function isNativeEndpoint({ nodeName }: Endpoint, { isNative }: EndpointOptions): boolean {
  return nodeName !== undefined && isNative(nodeName);
}

function forgeEndpoint(endpoint: Endpoint, addresses: readonly string[], nodeName: string): Endpoint {
  const { conditions, hostname, zone, hints, targetRef } = endpoint;
  return {
    addresses: [...addresses],
    conditions: { ...(conditions?.ready !== undefined && { ready: conditions.ready }) },
    nodeName,
    ...(hostname !== undefined && { hostname }),
    ...(zone !== undefined && { zone }),
    ...(hints !== undefined && { hints }),
    // There is no such object at the provider, so nobody there should look for it.
    ...(targetRef !== undefined && { targetRef: { ...targetRef, kind: `Remote${targetRef.kind ?? ""}` } }),
  };
}

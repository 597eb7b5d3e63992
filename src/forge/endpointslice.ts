/** The ShadowEndpointSlice of a local EndpointSlice. Upstream: pkg/virtualKubelet/forge/endpointslices.go */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import * as labels from "#api/labels.ts";
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import { forgeReflectedMetadata, type ReflectionScope } from "./reflected-metadata.ts";

export interface EndpointOptions {
  /** Whether the provider has this endpoint itself, because its node is a virtual one of the provider. */
  readonly isNative: (nodeName: string) => boolean;
  /** Our address → the one peers may use; throws when it has none yet. */
  readonly translate: (address: string) => string;
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
  const endpoints = (local.endpoints ?? [])
    .filter(({ nodeName }) => nodeName === undefined || !options.isNative(nodeName))
    .map((endpoint) => forgeEndpoint(endpoint, scope, options));
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [labels.ENDPOINT_SLICE_MANAGED_BY]: labels.ENDPOINT_SLICE_REFLECTION },
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

function forgeEndpoint(endpoint: Endpoint, scope: ReflectionScope, { translate }: EndpointOptions): Endpoint {
  const { addresses, conditions, hostname, zone, hints, targetRef } = endpoint;
  return {
    addresses: addresses.map(translate),
    conditions: { ...(conditions?.ready !== undefined && { ready: conditions.ready }) },
    nodeName: scope.origin,
    ...(hostname !== undefined && { hostname }),
    ...(zone !== undefined && { zone }),
    ...(hints !== undefined && { hints }),
    // There is no such object at the provider, so nobody there should look for it.
    ...(targetRef !== undefined && { targetRef: { ...targetRef, kind: `Remote${targetRef.kind ?? ""}` } }),
  };
}

/** The provider's EndpointSlice of a ShadowEndpointSlice. Upstream: pkg/liqo-controller-manager/offloading/shadowendpointslice-controller */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import * as labels from "#api/labels.ts";
import type { ShadowEndpointSlice } from "#api/offloading/shadow.ts";
import { controllerReference } from "#machinery/meta.ts";
import { marksOfShadow } from "./marks.ts";
import { GLOBAL_LABELS } from "./names.ts";

/** On the EndpointSlices that are made of ShadowEndpointSlices. */
export const MANAGED_BY_SHADOW = "shadowendpointslice";

export interface SliceOptions {
  /** An address that the consumer names, with the node it gives, as this cluster sees it; undefined: it may not be named here. */
  readonly place: (address: string, nodeName: string | undefined) => string | undefined;
  /** Whether there is a way to the endpoint at the moment. */
  readonly isReachable: (endpoint: Endpoint) => boolean;
}

export function forgeRemoteSlice(shadow: ShadowEndpointSlice, { place, isReachable }: SliceOptions): EndpointSlice {
  const { name = "", namespace = "", labels: own, annotations } = shadow.metadata ?? {};
  const { addressType = "IPv4", endpoints = [], ports = [] } = shadow.spec?.template ?? {};
  const placed = endpoints.map((endpoint) => ({
    ...endpoint,
    addresses: endpoint.addresses.flatMap((address) => place(address, endpoint.nodeName) ?? []),
    conditions: { ...endpoint.conditions, ready: endpoint.conditions?.ready !== false && isReachable(endpoint) },
  }));
  return {
    metadata: {
      name,
      namespace,
      labels: { ...marksOfShadow(own), ...GLOBAL_LABELS, [labels.MANAGED_BY]: MANAGED_BY_SHADOW },
      ...(annotations !== undefined && { annotations: marksOfShadow(annotations) }),
      ownerReferences: [controllerReference(shadow)],
    },
    addressType,
    endpoints: placed.filter(({ addresses }) => addresses.length > 0),
    ports,
  };
}

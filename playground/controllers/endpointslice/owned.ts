/** Slices of one controller, and the Services that they belong to: that of Services with a selector, and the mirroring one. */
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { formatKey, type ObjectKey } from "#machinery/meta.ts";

export const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
export const SERVICE_NAME = "kubernetes.io/service-name";

export interface OwnedSlices {
  /** The Service of a slice that is this controller's. */
  readonly serviceOf: (slice: EndpointSlice) => ObjectKey[];
  /** The same, for an index. */
  readonly serviceKeys: (slice: EndpointSlice) => string[];
}

/** To be called once for a controller: an index is known by its function. */
export function ownedSlices(manager: string): OwnedSlices {
  const serviceOf = ({ metadata }: EndpointSlice): ObjectKey[] => {
    const name = metadata?.labels?.[MANAGED_BY] === manager ? metadata.labels[SERVICE_NAME] : undefined;
    return name === undefined ? [] : [{ namespace: metadata?.namespace ?? "", name }];
  };
  return { serviceOf, serviceKeys: (slice) => serviceOf(slice).map(formatKey) };
}

/** Which Service of the clusterset a Service or an EndpointSlice of the namespace concerns. */
import type { Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import * as labels from "#api/labels.ts";
import { isOfMulticluster } from "#forge/multicluster/service-import.ts";
import { KUBERNETES_SERVICE, sourceOf } from "#forge/multicluster/slices.ts";
import type { ObjectKey } from "#machinery/meta.ts";

export function keysOfService(service: Service): ObjectKey[] {
  const { namespace = "", name, labels: own } = service.metadata ?? {};
  return named(namespace, isOfMulticluster(service) ? own?.[labels.EXPORTED_SERVICE] : name);
}

export function keysOfSlice(slice: EndpointSlice): ObjectKey[] {
  const { namespace = "", labels: own } = slice.metadata ?? {};
  return named(namespace, sourceOf(slice)?.service ?? own?.[KUBERNETES_SERVICE]);
}

function named(namespace: string, name: string | undefined): ObjectKey[] {
  return name === undefined ? [] : [{ namespace, name }];
}

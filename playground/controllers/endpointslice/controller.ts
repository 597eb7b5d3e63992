/**
 * EndpointSlices, and the older Endpoints, of Services with a selector.
 * Kubernetes: pkg/controller/endpointslice, pkg/controller/endpoint
 */
import type { Endpoints, Pod, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { endpointSlices, endpoints, pods, services } from "#machinery/builtin.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { selectsMap } from "#machinery/selector.ts";
import type { Deps } from "../deps.ts";
import { ENDPOINTS_MANAGED_BY, ENDPOINTS_MANAGER, forgeEndpoints } from "./endpoints.ts";
import { ownedSlices } from "./owned.ts";
import { isListed, MANAGER, planSlices } from "./plan.ts";
import { writeSlices } from "./write.ts";

const OWN = ownedSlices(MANAGER);

interface Sources {
  readonly services: Store<Service>;
  readonly pods: Store<Pod>;
  readonly slicesByService: Index<EndpointSlice>;
  readonly endpoints: Store<Endpoints>;
}

export function endpointSliceController(deps: Deps): Controller {
  const serviceInformer = deps.informers.for(services);
  const podInformer = deps.informers.for(pods);
  const slices = deps.informers.for(endpointSlices);
  const endpointsInformer = deps.informers.for(endpoints);
  const sources: Sources = {
    services: serviceInformer.store,
    pods: podInformer.store,
    slicesByService: slices.store.indexBy(OWN.serviceKeys),
    endpoints: endpointsInformer.store,
  };
  const servicesOf = (pod: Pod): ObjectKey[] =>
    serviceInformer.store
      .list(pod.metadata?.namespace)
      .filter(({ spec }) => spec?.selector !== undefined && selectsMap(spec.selector, pod.metadata?.labels))
      .map(keyOf);
  return {
    name: "endpointslice",
    workers: 5,
    watches: [
      watchFor(serviceInformer),
      watchMapped(podInformer, servicesOf),
      watchFor(endpointsInformer),
      watchMapped(slices, OWN.serviceOf),
    ],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const service = sources.services.get(key);
  if (service === undefined) await removeEndpoints(ctx, deps, sources.endpoints.get(key));
  if (
    service === undefined ||
    service.spec?.selector === undefined ||
    service.spec.type === "ExternalName" ||
    service.metadata?.deletionTimestamp !== undefined
  )
    return DONE;
  const { selector } = service.spec;
  const chosen = sources.pods
    .list(key.namespace)
    .filter((pod) => selectsMap(selector, pod.metadata?.labels) && isListed(pod));
  const owned = sources.slicesByService.get(formatKey(key));
  await writeSlices(ctx, deps, { owned, wanted: planSlices(service, chosen), fieldManager: MANAGER });
  await deps.client.apply(ctx, endpoints, forgeEndpoints(service, chosen), { fieldManager: ENDPOINTS_MANAGER });
  return DONE;
}

/** Slices go with their owner; Endpoints have none. */
async function removeEndpoints(ctx: Context, deps: Deps, found: Endpoints | undefined): Promise<void> {
  if (found?.metadata?.labels?.[ENDPOINTS_MANAGED_BY] !== ENDPOINTS_MANAGER) return;
  await deps.client.deleteIfPresent(ctx, endpoints, keyOf(found), { uid: found.metadata.uid ?? "" });
}

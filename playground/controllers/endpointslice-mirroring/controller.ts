/**
 * EndpointSlices of Services without a selector, from the Endpoints that somebody wrote for them by hand (a database
 * outside of the cluster): proxy and DNS read slices only. Kubernetes: pkg/controller/endpointslicemirroring
 */
import type { Endpoints, Service } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { endpointSlices, endpoints, services } from "#machinery/builtin.ts";
import { formatKey, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";
import { ownedSlices } from "../endpointslice/owned.ts";
import { writeSlices } from "../endpointslice/write.ts";
import { MANAGER, planMirror } from "./plan.ts";

const OWN = ownedSlices(MANAGER);

interface Sources {
  readonly services: Store<Service>;
  readonly endpoints: Store<Endpoints>;
  readonly slicesByService: Index<EndpointSlice>;
}

export function endpointSliceMirroringController(deps: Deps): Controller {
  const serviceInformer = deps.informers.for(services);
  const endpointsInformer = deps.informers.for(endpoints);
  const slices = deps.informers.for(endpointSlices);
  const sources: Sources = {
    services: serviceInformer.store,
    endpoints: endpointsInformer.store,
    slicesByService: slices.store.indexBy(OWN.serviceKeys),
  };
  return {
    name: "endpointslicemirroring",
    // Kubernetes: --mirroring-concurrent-service-endpoint-syncs
    workers: 5,
    watches: [watchFor(endpointsInformer), watchFor(serviceInformer), watchMapped(slices, OWN.serviceOf)],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const wanted = planMirror(sources.services.get(key), sources.endpoints.get(key));
  const owned = sources.slicesByService.get(formatKey(key));
  await writeSlices(ctx, deps, { owned, wanted, fieldManager: MANAGER });
  return DONE;
}

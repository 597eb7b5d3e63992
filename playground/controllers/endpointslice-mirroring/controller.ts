/**
 * EndpointSlices of Services without a selector, from the Endpoints that somebody wrote for them by hand (a database
 * outside of the cluster): proxy and DNS read slices only. Kubernetes: pkg/controller/endpointslicemirroring
 */
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { endpointSlices, endpoints, services } from "#machinery/builtin.ts";
import type { Deps } from "../deps.ts";
import { writeSlices } from "../endpointslice/write.ts";
import { MANAGED_BY, MANAGER, planMirror, SERVICE_NAME } from "./plan.ts";

export function endpointSliceMirroringController(deps: Deps): Controller {
  const serviceInformer = deps.informers.for(services);
  const endpointsInformer = deps.informers.for(endpoints);
  const slices = deps.informers.for(endpointSlices);
  return {
    name: "endpointslicemirroring",
    // Kubernetes: --mirroring-concurrent-service-endpoint-syncs
    workers: 5,
    watches: [
      watchFor(endpointsInformer),
      watchFor(serviceInformer),
      watchMapped(slices, ({ metadata }) => {
        const name = metadata?.labels?.[MANAGED_BY] === MANAGER ? metadata.labels[SERVICE_NAME] : undefined;
        return name === undefined ? [] : [{ namespace: metadata?.namespace ?? "", name }];
      }),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const wanted = planMirror(serviceInformer.store.get(key), endpointsInformer.store.get(key));
      const owned = slices.store
        .list(key.namespace)
        .filter(
          ({ metadata }) => metadata?.labels?.[SERVICE_NAME] === key.name && metadata.labels[MANAGED_BY] === MANAGER,
        );
      await writeSlices(ctx, deps, { owned, wanted, fieldManager: MANAGER });
      return DONE;
    },
  };
}

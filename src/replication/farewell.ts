/**
 * Lets replicated objects go whose copies are at a peer that has been declared gone for good: their replicator waits for an
 * answer of it, and may not even have begun. Upstream: internal/crdReplicator/reflection/handler.go
 */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { REPLICATED_RESOURCE } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { hasFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, keyOf, type UnstructuredObject } from "#machinery/meta.ts";
import { planFarewell } from "#trust/reach.ts";
import type { ReplicationDeps } from "./replicator.ts";

export function farewellController(deps: ReplicationDeps, resource: Resource<UnstructuredObject>): Controller {
  const informer = deps.informers.for(resource);
  const peers = deps.informers.for(foreignClusters);
  return {
    name: `farewell-${resource.plural}`,
    watches: [
      watchFor(informer, isWaiting),
      watchMapped(peers, ({ metadata }) =>
        informer.store
          .list()
          .filter((object) => isWaiting(object) && peerOf(object) === metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const object = informer.store.get(key);
      if (object === undefined || !isWaiting(object)) return DONE;
      const peer = peerOf(object);
      const deletedMs = Date.parse(object.metadata?.deletionTimestamp ?? "");
      const plan = planFarewell(peers.store.get({ name: peer }), deletedMs, deps.nowMs());
      if (plan.do === "keep") return DONE;
      if (plan.do === "wait") return { requeueAfterMs: plan.ms };
      await removeFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
      ctx.log.info("copy left at a peer that is gone", { kind: resource.kind, object: formatKey(key), peer });
      return DONE;
    },
  };
}

function isWaiting(object: UnstructuredObject): boolean {
  return object.metadata?.deletionTimestamp !== undefined && hasFinalizer(object, REPLICATED_RESOURCE);
}

function peerOf({ metadata }: UnstructuredObject): string {
  return metadata?.labels?.[labels.REMOTE_ID] ?? "";
}

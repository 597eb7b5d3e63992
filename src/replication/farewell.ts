/**
 * Lets replicated objects go whose copies nobody will take away: the peer has been declared gone for good, and their replicator
 * waits for an answer of it; or there is no replicator any more. Upstream: internal/crdReplicator/reflection/handler.go
 */
import { identities } from "#api/authentication/identity.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { REPLICATED_RESOURCE } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { hasFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey, type UnstructuredObject } from "#machinery/meta.ts";
import { CONTROL_PLANE_SELECTOR } from "#trust/control-plane-secret.ts";
import { planFarewell } from "#trust/reach.ts";
import type { ReplicationDeps } from "./replicator.ts";

export function farewellController(deps: ReplicationDeps, resource: Resource<UnstructuredObject>): Controller {
  const informer = deps.informers.for(resource);
  const peers = deps.informers.for(foreignClusters);
  const secretInformer = deps.informers.for(secrets, { labelSelector: CONTROL_PLANE_SELECTOR });
  const identityInformer = deps.informers.for(identities);
  const waiting = (namespace?: string): UnstructuredObject[] => informer.store.list(namespace).filter(isWaiting);
  const beside = ({ metadata }: KubeObject): ObjectKey[] => waiting(metadata?.namespace).map(keyOf);
  const canBeTold = (namespace: string | undefined, peer: string): boolean =>
    secretInformer.store
      .list(namespace)
      .some(({ metadata }) => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === peer) ||
    identityInformer.store.list(namespace).some(({ spec }) => spec?.type === "ControlPlane" && spec.clusterID === peer);
  return {
    name: `farewell-${resource.plural}`,
    watches: [
      watchFor(informer, isWaiting),
      watchMapped(secretInformer, beside),
      watchMapped(identityInformer, beside),
      watchMapped(peers, ({ metadata }) =>
        waiting()
          .filter((object) => peerOf(object) === metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const object = informer.store.get(key);
      if (object === undefined || !isWaiting(object)) return DONE;
      const name = peerOf(object);
      const deletedMs = Date.parse(object.metadata?.deletionTimestamp ?? "");
      const seen = { peer: peers.store.get({ name }), canBeTold: canBeTold(key.namespace, name), deletedMs };
      const plan = planFarewell(seen, deps.clock.epochMs());
      if (plan.do === "keep") return DONE;
      if (plan.do === "wait") return { requeueAfterMs: plan.ms };
      await removeFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
      ctx.log.info("copy left at a peer", { kind: resource.kind, object: formatKey(key), peer: name });
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

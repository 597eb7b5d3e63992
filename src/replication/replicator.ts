/**
 * Copies custom resources of a peering between the two clusters: specs go out, statuses come back. One replicator per
 * control-plane identity, with that identity only. Upstream: internal/crdReplicator
 */
import type { Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { renews } from "#api/authentication/renew.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { REPLICATED_RESOURCE, REPLICATOR } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { type Context, withCancel } from "#base/context.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromText } from "#kube/client/config.ts";
import {
  type Controller,
  DONE,
  type Result,
  runController,
  watchFor,
  watchMapped,
} from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { Informers } from "#kube/informer/informers.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { formatKey, keyOf, type UnstructuredObject } from "#machinery/meta.ts";
import { isForbidden } from "#machinery/status-error.ts";
import { isOutdated, replicaOf } from "./replica.ts";

export interface ReplicationDeps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clusterId: string;
}

const RESOURCES = [namespaceMaps, resourceSlices, renews] as const;
const NAME = "liqo-crd-replicator";

interface Peer {
  readonly kubeconfig: string;
  readonly remoteNamespace: string;
  stop(): Promise<void>;
}

/** Starts and stops a replicator for each control-plane kubeconfig Secret. */
export function replicationController(deps: ReplicationDeps): Controller {
  const informer = deps.informers.for(secrets, { labelSelector: `${labels.IDENTITY_TYPE}=ControlPlane` });
  const peers = new Map<string, Peer>();
  return {
    name: "replication",
    watches: [watchFor(informer)],
    reconcile: async (ctx, key): Promise<Result> => {
      const secret = informer.store.get(key);
      const name = formatKey(key);
      const isGone = secret === undefined || secret.metadata?.deletionTimestamp !== undefined;
      const wanted = secret === undefined || isGone ? undefined : settingsOf(secret);
      const running = peers.get(name);
      if (
        running !== undefined &&
        (running.kubeconfig !== wanted?.kubeconfig || running.remoteNamespace !== wanted.remoteNamespace)
      ) {
        peers.delete(name);
        await running.stop();
      }
      if (secret !== undefined && isGone) {
        await removeFinalizer(ctx, deps.client, secrets, secret, REPLICATOR);
        return DONE;
      }
      if (secret === undefined || wanted === undefined || peers.has(name)) return DONE;
      await ensureFinalizer(ctx, deps.client, secrets, secret, REPLICATOR);
      peers.set(name, startPeer(ctx, deps, key.namespace ?? "", wanted));
      return DONE;
    },
  };
}

interface PeerSettings {
  readonly kubeconfig: string;
  readonly remoteNamespace: string;
  readonly remoteId: string;
}

function settingsOf(secret: Secret): PeerSettings | undefined {
  const kubeconfig = secret.data?.["kubeconfig"];
  const remoteNamespace = secret.metadata?.annotations?.[annotations.REMOTE_TENANT_NAMESPACE];
  const remoteId = secret.metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
  if (kubeconfig === undefined || remoteNamespace === undefined || remoteId === undefined) return undefined;
  return { kubeconfig: Buffer.from(kubeconfig, "base64").toString("utf8"), remoteNamespace, remoteId };
}

function startPeer(outer: Context, deps: ReplicationDeps, namespace: string, settings: PeerSettings): Peer {
  const { ctx, cancel } = withCancel({ ...outer, log: outer.log.with({ peer: settings.remoteId }) });
  const remote = new KubeClient(configFromText(settings.kubeconfig), NAME);
  const local = new Informers(ctx, deps.client);
  const remotes = new Informers(ctx, remote);
  const running = RESOURCES.map((resource) =>
    // The kinds share what replication reads of them: metadata, spec and status.
    runController(
      ctx,
      resourceController(
        deps,
        local,
        remotes,
        resource as unknown as Resource<UnstructuredObject>,
        namespace,
        settings,
      ),
    ),
  );
  return {
    ...settings,
    stop: async () => {
      cancel();
      await Promise.all(running);
      await Promise.all([local[Symbol.asyncDispose](), remotes[Symbol.asyncDispose]()]);
      remote[Symbol.dispose]();
    },
  };
}

/** Keys are names: both copies of an object have the same one. */
function resourceController(
  deps: ReplicationDeps,
  locals: Informers,
  remotes: Informers,
  resource: Resource<UnstructuredObject>,
  namespace: string,
  { remoteNamespace, remoteId }: PeerSettings,
): Controller {
  const labelSelector = `${labels.REPLICATION}=true,${labels.REMOTE_ID}=${remoteId}`;
  const local = locals.for(resource, { namespace, labelSelector });
  const remote = remotes.for(resource, {
    namespace: remoteNamespace,
    labelSelector: `${labels.REPLICATED}=true,${labels.ORIGIN_ID}=${deps.clusterId}`,
  });
  return {
    name: `replicate-${resource.plural}`,
    watches: [watchFor(local), watchMapped(remote, ({ metadata }) => [{ namespace, name: metadata?.name ?? "" }])],
    reconcile: async (ctx, key): Promise<Result> => {
      const object = local.store.get(key);
      const remoteKey = { namespace: remoteNamespace, name: key.name };
      const copy = remote.store.get(remoteKey);
      try {
        if (object === undefined || object.metadata?.deletionTimestamp !== undefined) {
          if (copy !== undefined && copy.metadata?.deletionTimestamp === undefined) {
            await remotes.client.deleteIfPresent(
              ctx,
              resource,
              remoteKey,
              copy.metadata?.uid === undefined ? {} : { uid: copy.metadata.uid },
            );
          }
          if (object !== undefined && copy === undefined)
            await removeFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
          return DONE;
        }
        const guarded = await ensureFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
        const wanted = replicaOf(guarded, remoteNamespace, deps.clusterId);
        if (copy === undefined) await remotes.client.create(ctx, resource, wanted);
        else if (isOutdated(copy, wanted)) {
          const body = {
            metadata: { labels: wanted.metadata?.labels, resourceVersion: copy.metadata?.resourceVersion },
            spec: wanted["spec"],
          };
          await remotes.client.update(ctx, resource, {
            ...copy,
            ...body,
            metadata: { ...copy.metadata, ...body.metadata },
          } as UnstructuredObject);
        }
        await bringStatusBack(ctx, deps, resource, guarded, copy);
      } catch (error) {
        // The provider took the rights away (a drained tenant): nothing here must hang because of it.
        if (!isForbidden(error)) throw error;
        if (object?.metadata?.deletionTimestamp !== undefined)
          await removeFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
      }
      return DONE;
    },
  };
}

async function bringStatusBack(
  ctx: Context,
  deps: ReplicationDeps,
  resource: Resource<UnstructuredObject>,
  object: UnstructuredObject,
  copy: UnstructuredObject | undefined,
): Promise<void> {
  const status = copy?.["status"];
  if (status === undefined || JSON.stringify(status) === JSON.stringify(object["status"])) return;
  const current = await deps.client.get(ctx, resource, keyOf(object));
  if (JSON.stringify(status) === JSON.stringify(current["status"])) return;
  await deps.client.updateStatus(ctx, resource, { ...current, status });
}

/**
 * Copies custom resources of a peering between the two clusters: specs go out, statuses come back. One replicator per
 * control-plane identity, with that identity only. Upstream: internal/crdReplicator
 */
import type { Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { type Identity, identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { REPLICATED_RESOURCE, REPLICATOR } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import type { Clock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { sizeProblem } from "#forge/provider/bounded.ts";
import { KubeClient } from "#kube/client/client.ts";
import { KubeconfigError } from "#kube/client/config.ts";
import { inlineConfigFromText } from "#kube/client/inline-config.ts";
import {
  type Controller,
  DONE,
  type Result,
  runController,
  watchFor,
  watchMapped,
  watchUnsynced,
} from "#kube/controller/controller.ts";
import { ensureFinalizer, hasFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import { Informers } from "#kube/informer/informers.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { controllerOf, formatKey, keyOf, type ObjectKey, type UnstructuredObject } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isForbidden } from "#machinery/status-error.ts";
import { CONTROL_PLANE_SELECTOR, controlPlaneSecretProblem, identityKeyOf } from "#trust/control-plane-secret.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { farewellController } from "./farewell.ts";
import { isOutdated, replicaOf } from "./replica.ts";

export interface ReplicationDeps {
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clusterId: string;
  readonly clock: Clock;
  readonly events: (component: string) => EventRecorder;
}

// The kinds share what replication reads of them: metadata, spec and status.
const RESOURCES = [namespaceMaps, resourceSlices, renews].map(
  (resource) => resource as unknown as Resource<UnstructuredObject>,
);
const NAME = "liqo-crd-replicator";

// How often a peer that is to be stopped is asked whether it has finished.
const DRAIN_MS = 200;
// The watch tells of a deleted copy at once; after this time it is asked for, since rights may have ended the watch.
const COPY_GONE_MS = 1_000;

// A Secret is written before its Identity names it.
const STRANGE_MS = 10_000;

// How soon to look whether the peer has told what it holds; nothing is asked for that.
const FIRST_LIST_MS = 100;

// Nothing tells of rights that come back.
const FORBIDDEN_RETRY_MS = 10_000;

interface Peer extends PeerSettings {
  /** Whether an object here still waits for its copy to be deleted. */
  hasGuarded(): Promise<boolean>;
  stop(): Promise<void>;
}

export function replicationControllers(deps: ReplicationDeps): Controller[] {
  return [replicationController(deps), ...RESOURCES.map((resource) => farewellController(deps, resource))];
}

/**
 * Starts and stops a replicator for each control-plane kubeconfig Secret. A Secret that is being deleted keeps its
 * finalizer, and its replicator runs on, until no object depends on it: nobody else would remove their finalizers.
 */
function replicationController(deps: ReplicationDeps): Controller {
  const informer = deps.informers.for(secrets, { labelSelector: CONTROL_PLANE_SELECTOR });
  const identityInformer = deps.informers.for(identities);
  const tenants = new TenantNamespaces(deps.informers);
  const peers = new Map<string, Peer>();
  const events = deps.events(NAME);
  const believed = (ctx: Context, secret: Secret, running: Peer | undefined): PeerSettings | undefined => {
    const problem = controlPlaneSecretProblem(secret, {
      peer: tenants.peerOf(secret.metadata?.namespace),
      identity: identityInformer.store.get(identityKeyOf(secret)),
      wasBelieved: running !== undefined && running.uid === secret.metadata?.uid,
    });
    if (problem === undefined) return settingsOf(secret);
    const message = `not used for replication: ${problem}; create an Identity of type ControlPlane in its place`;
    if (ageMs(secret, deps.clock) >= STRANGE_MS) events.warning(ctx, secret, "KubeconfigIgnored", message);
    return undefined;
  };
  return {
    name: "replication",
    watches: [
      watchFor(informer),
      watchMapped(identityInformer, ({ metadata }) => informer.store.list(metadata?.namespace).map(keyOf)),
      tenants.watch((namespace) => informer.store.list(namespace).map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const secret = informer.store.get(key);
      const name = formatKey(key);
      const isEnding = secret?.metadata?.deletionTimestamp !== undefined;
      const running = peers.get(name);
      const wanted = secret === undefined ? undefined : believed(ctx, secret, running);
      if (running !== undefined && !isSame(running, wanted)) {
        peers.delete(name);
        await running.stop();
      }
      if (secret === undefined) return DONE;
      if (!isEnding && wanted !== undefined) await ensureFinalizer(ctx, deps.client, secrets, secret, REPLICATOR);
      const isNeeded = wanted !== undefined && (!isEnding || hasFinalizer(secret, REPLICATOR));
      const peer = isNeeded ? (peers.get(name) ?? startPeer(ctx, deps, key, wanted)) : undefined;
      if (peer !== undefined) {
        peers.set(name, peer);
        if (!isEnding) return DONE;
        // Asked, not looked up: an Identity that goes takes the Secret along, and may be seen to go after it.
        const isReplaced = isReplacedBy(await deps.client.find(ctx, identities, identityKeyOf(secret)), secret);
        if (!isReplaced && (await peer.hasGuarded())) return { requeueAfterMs: DRAIN_MS };
        peers.delete(name);
        await peer.stop();
      }
      if (isEnding) await removeFinalizer(ctx, deps.client, secrets, secret, REPLICATOR);
      const youngMs = STRANGE_MS - ageMs(secret, deps.clock);
      return wanted === undefined && youngMs > 0 ? { requeueAfterMs: youngMs } : DONE;
    },
  };
}

function ageMs({ metadata }: Secret, clock: Clock): number {
  return clock.epochMs() - Date.parse(metadata?.creationTimestamp ?? "");
}

interface PeerSettings {
  /** Of the Secret. */
  readonly uid: string;
  readonly kubeconfig: string;
  readonly remoteNamespace: string;
  readonly remoteId: string;
}

/** Whether the Identity stays and makes another one: then this one has nothing to wait for. */
function isReplacedBy(identity: Identity | undefined, secret: Secret): boolean {
  const { uid, deletionTimestamp } = identity?.metadata ?? {};
  return uid !== undefined && uid === controllerOf(secret)?.uid && deletionTimestamp === undefined;
}

function settingsOf(secret: Secret): PeerSettings | undefined {
  const kubeconfig = secret.data?.["kubeconfig"];
  const remoteNamespace = secret.metadata?.annotations?.[annotations.REMOTE_TENANT_NAMESPACE];
  const remoteId = secret.metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
  if (kubeconfig === undefined || remoteNamespace === undefined || remoteId === undefined) return undefined;
  const text = Buffer.from(kubeconfig, "base64").toString("utf8");
  return { uid: secret.metadata?.uid ?? "", kubeconfig: text, remoteNamespace, remoteId };
}

function isSame(running: PeerSettings, wanted: PeerSettings | undefined): boolean {
  return running.kubeconfig === wanted?.kubeconfig && running.remoteNamespace === wanted.remoteNamespace;
}

/** Undefined when the Secret holds no kubeconfig that may be used: only a change of it can mend that. */
function connect(
  ctx: Context,
  events: EventRecorder,
  { kubeconfig, uid }: PeerSettings,
  key: ObjectKey,
): KubeClient | undefined {
  try {
    return new KubeClient(inlineConfigFromText(kubeconfig, `Secret ${formatKey(key)}`), NAME);
  } catch (error) {
    if (!(error instanceof KubeconfigError)) throw error;
    ctx.log.error("kubeconfig refused", { error: error.message });
    events.warning(
      ctx,
      { apiVersion: "v1", kind: "Secret", metadata: { ...key, uid } },
      "KubeconfigRefused",
      error.message,
    );
    return undefined;
  }
}

function startPeer(outer: Context, deps: ReplicationDeps, key: ObjectKey, settings: PeerSettings): Peer | undefined {
  const remote = connect(outer, deps.events(NAME), settings, key);
  if (remote === undefined) return undefined;
  const { namespace = "" } = key;
  const { ctx, cancel } = withCancel({ ...outer, log: outer.log.with({ peer: settings.remoteId }) });
  const local = new Informers(ctx, deps.client);
  const remotes = new Informers(ctx, remote);
  const scope = { namespace, labelSelector: selectorOf(settings) };
  const running = RESOURCES.map((resource) =>
    runController(ctx, resourceController(deps, local, remotes, resource, namespace, settings)),
  );
  return {
    ...settings,
    hasGuarded: async () => {
      // Read, not remembered: after a restart the informers may have nothing yet.
      const lists = await Promise.all(RESOURCES.map((resource) => deps.client.list(ctx, resource, scope)));
      return lists.some(({ items }) => items.some((object) => hasFinalizer(object, REPLICATED_RESOURCE)));
    },
    stop: async () => {
      cancel();
      await Promise.all(running);
      await Promise.all([local[Symbol.asyncDispose](), remotes[Symbol.asyncDispose]()]);
      remote[Symbol.dispose]();
    },
  };
}

function selectorOf({ remoteId }: PeerSettings): string {
  // What a peer has replicated hither is not ours to send out, whatever else it is labelled with.
  return `${labels.REPLICATION}=true,${labels.REMOTE_ID}=${remoteId},${labels.REPLICATED}!=true`;
}

/** Keys are names: both copies of an object have the same one. */
function resourceController(
  deps: ReplicationDeps,
  locals: Informers,
  remotes: Informers,
  resource: Resource<UnstructuredObject>,
  namespace: string,
  settings: PeerSettings,
): Controller {
  const { remoteNamespace } = settings;
  const oversized = new Set<string>();
  const local = locals.for(resource, { namespace, labelSelector: selectorOf(settings) });
  const remote = remotes.for(resource, {
    namespace: remoteNamespace,
    labelSelector: `${labels.REPLICATED}=true,${labels.ORIGIN_ID}=${deps.clusterId}`,
  });
  return {
    name: `replicate-${resource.plural}`,
    watches: [
      watchFor(local),
      // What is deleted does not wait for a first list of a peer that gives none: it is dead, or took the rights away.
      watchUnsynced(watchMapped(remote, ({ metadata }) => [{ namespace, name: metadata?.name ?? "" }])),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const object = local.store.get(key);
      const remoteKey = { namespace: remoteNamespace, name: key.name };
      const copy = remote.store.get(remoteKey);
      try {
        if (object === undefined || object.metadata?.deletionTimestamp !== undefined)
          return await endReplica(ctx, { deps, remote: remotes.client, resource, object, remoteKey });
        if (!remote.isSynced) return { requeueAfterMs: FIRST_LIST_MS };
        const guarded = await ensureFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
        const wanted = replicaOf(guarded, remoteNamespace, deps.clusterId);
        if (copy === undefined) await remotes.client.create(ctx, resource, wanted);
        else if (isOutdated(copy, wanted))
          await remotes.client.update(ctx, resource, { ...copy, spec: wanted["spec"] } as UnstructuredObject);
        await bringStatusBack(ctx, { deps, resource, object: guarded, copy, oversized });
      } catch (error) {
        // The provider took the rights away (a drained tenant): nothing here must hang because of it.
        if (!isForbidden(error)) throw error;
        if (object?.metadata?.deletionTimestamp !== undefined)
          await removeFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
        return { requeueAfterMs: FORBIDDEN_RETRY_MS };
      }
      return DONE;
    },
  };
}

interface EndingReplica {
  readonly deps: ReplicationDeps;
  readonly remote: KubeClient;
  readonly resource: Resource<UnstructuredObject>;
  /** Undefined when it went without a finalizer. */
  readonly object: UnstructuredObject | undefined;
  readonly remoteKey: ObjectKey;
}

/** Deletes the copy, and lets the object go once the copy has gone. */
async function endReplica(ctx: Context, ending: EndingReplica): Promise<Result> {
  const { deps, remote, resource, object, remoteKey } = ending;
  const copy = await remote.find(ctx, resource, remoteKey);
  const isOurs = copy?.metadata?.labels?.[labels.ORIGIN_ID] === deps.clusterId;
  if (copy !== undefined && isOurs) {
    if (copy.metadata?.deletionTimestamp === undefined) await remote.deleteObserved(ctx, resource, copy);
    return { requeueAfterMs: COPY_GONE_MS };
  }
  if (object !== undefined) await removeFinalizer(ctx, deps.client, resource, object, REPLICATED_RESOURCE);
  return DONE;
}

interface ReturningStatus {
  readonly deps: ReplicationDeps;
  readonly resource: Resource<UnstructuredObject>;
  readonly object: UnstructuredObject;
  readonly copy: UnstructuredObject | undefined;
  /** Objects whose status was not taken: told once, until one is taken. */
  readonly oversized: Set<string>;
}

async function bringStatusBack(
  ctx: Context,
  { deps, resource, object, copy, oversized }: ReturningStatus,
): Promise<void> {
  const status = copy?.["status"];
  if (status === undefined || jsonEquals(status, object["status"])) return;
  const problem = sizeProblem(status);
  const key = formatKey(keyOf(object));
  if (problem !== undefined) {
    if (!oversized.has(key)) ctx.log.warn("status not taken", { kind: resource.kind, object: key, problem });
    oversized.add(key);
    return;
  }
  oversized.delete(key);
  const current = await deps.client.get(ctx, resource, keyOf(object));
  if (jsonEquals(status, current["status"])) return;
  await deps.client.updateStatus(ctx, resource, { ...current, status });
}

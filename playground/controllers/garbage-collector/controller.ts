/**
 * Deletes what lost its owners and carries out foreground and orphaning deletions.
 * Kubernetes: pkg/controller/garbagecollector/garbagecollector.go. Keys of the queue are uids.
 */
import type { Context } from "#base/context.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import {
  type Controller,
  DONE,
  type Result,
  watchManual,
  watchMapped,
  watchStart,
} from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { customResourceDefinitions } from "#machinery/builtin.ts";
import { formatGroupResource, parseApiVersion, type Resource } from "#machinery/gvk.ts";
import type { KubeObject, ObjectKey, OwnerReference } from "#machinery/meta.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { type GraphNode, OwnerGraph } from "./graph.ts";

const FOREGROUND = "foregroundDeletion";
const ORPHAN = "orphan";
// Objects of these never own and are never owned, and change all the time.
const IGNORED = new Set(["events", "events.events.k8s.io", "endpoints"]);
const REDISCOVER_MS = 30_000;
const DISCOVER_KEY = "discover";

export function garbageCollector(deps: Deps): Controller {
  const graph = new OwnerGraph();
  const manual = watchManual();
  const watched = new Map<string, Informer<KubeObject>>();
  const enqueue = (uid: string): void => manual.trigger({ name: uid });
  const definitions = deps.informers.for(customResourceDefinitions);
  return {
    name: "garbage-collector",
    workers: 10,
    // Definitions come and go with their kinds: each change is a reason to look at discovery again, and so is the start.
    watches: [manual, watchMapped(definitions, () => [{ name: DISCOVER_KEY }]), watchStart({ name: DISCOVER_KEY })],
    reconcile: async (ctx, key): Promise<Result> => {
      if (key.name === DISCOVER_KEY) {
        await discover(ctx, deps, graph, watched, enqueue);
        return { requeueAfterMs: REDISCOVER_MS };
      }
      const node = graph.get(key.name);
      return node === undefined ? DONE : process(ctx, deps, graph, node, watched);
    },
  };
}

async function discover(
  ctx: Context,
  deps: Deps,
  graph: OwnerGraph,
  watched: Map<string, Informer<KubeObject>>,
  enqueue: (uid: string) => void,
): Promise<void> {
  const found = await discoverResources(ctx, deps.client);
  const names = new Set<string>();
  for (const resource of found) {
    const name = formatGroupResource(resource);
    const usable = ["list", "watch", "delete"].every((verb) => resource.verbs.includes(verb));
    if (!usable || IGNORED.has(name)) continue;
    names.add(name);
    if (!watched.has(name)) watched.set(name, watchResource(deps, graph, resource, enqueue));
  }
  for (const [name, informer] of watched) {
    if (names.has(name)) continue;
    watched.delete(name);
    // Its definition may come back, and then has to be watched anew.
    await deps.informers.end(informer);
  }
}

function watchResource(
  deps: Deps,
  graph: OwnerGraph,
  resource: Resource,
  enqueue: (uid: string) => void,
): Informer<KubeObject> {
  const { group, version, plural, kind, namespaced } = resource;
  const typed: Resource<KubeObject> = { group, version, plural, kind, namespaced };
  // What another controller watches is not watched twice; of the rest, metadata is all that ownership needs.
  const informer = deps.informers.find(typed) ?? deps.informers.for(typed, { transform: trimmed });
  const changed = (object: KubeObject): void => {
    const node = graph.put(typed, object);
    if (node === undefined) return;
    if (node.metadata.deletionTimestamp !== undefined || (node.metadata.ownerReferences ?? []).length > 0)
      enqueue(node.uid);
  };
  informer.addHandler({
    added: changed,
    updated: changed,
    deleted: (object) => {
      const uid = object.metadata?.uid ?? "";
      const node = graph.get(uid);
      const dependents = graph.dependentsOf(uid);
      graph.remove(uid);
      for (const dependent of dependents) enqueue(dependent.uid);
      // A foreground owner may have waited for this one.
      for (const owner of node?.metadata.ownerReferences ?? []) enqueue(owner.uid);
    },
  });
  return informer;
}

function trimmed({ metadata = {} }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, ownerReferences, finalizers } = metadata;
  return {
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
      ...(ownerReferences !== undefined && { ownerReferences }),
      ...(finalizers !== undefined && { finalizers }),
    },
  };
}

async function process(
  ctx: Context,
  deps: Deps,
  graph: OwnerGraph,
  node: GraphNode,
  watched: ReadonlyMap<string, Informer<KubeObject>>,
): Promise<Result> {
  const { metadata } = node;
  if (metadata.deletionTimestamp !== undefined) {
    if (metadata.finalizers?.includes(ORPHAN) === true) await orphan(ctx, deps, graph, node);
    else if (metadata.finalizers?.includes(FOREGROUND) === true) await foreground(ctx, deps, graph, node);
    return DONE;
  }
  const owners = metadata.ownerReferences ?? [];
  if (owners.length === 0) return DONE;
  const states = await Promise.all(owners.map((owner) => stateOf(ctx, deps, graph, node, owner, watched)));
  if (states.some((state) => state === "unknown")) return { requeueAfterMs: 1_000 };
  if (states.includes("present")) {
    if (states.includes("absent"))
      await keepOwners(
        ctx,
        deps,
        node,
        owners.filter((_, i) => states[i] !== "absent"),
      );
    return DONE;
  }
  const policy = states.includes("deleting") && graph.dependentsOf(node.uid).length > 0 ? "Foreground" : "Background";
  await remove(ctx, deps, node, policy);
  return DONE;
}

type OwnerState = "present" | "absent" | "deleting" | "unknown";

/** `deleting`: the owner is in a foreground deletion that this dependent blocks. */
async function stateOf(
  ctx: Context,
  deps: Deps,
  graph: OwnerGraph,
  node: GraphNode,
  owner: OwnerReference,
  watched: ReadonlyMap<string, Informer<KubeObject>>,
): Promise<OwnerState> {
  const known = graph.get(owner.uid);
  if (known !== undefined) {
    const isForeground =
      known.metadata.deletionTimestamp !== undefined && known.metadata.finalizers?.includes(FOREGROUND) === true;
    return isForeground ? "deleting" : "present";
  }
  // Not in the graph: it is gone, or our copy lags. Only the server's answer allows a deletion.
  const { group, version } = parseApiVersion(owner.apiVersion);
  const resource = [...watched.values()]
    .map((informer) => informer.resource)
    .find((r) => r.group === group && r.kind === owner.kind);
  if (resource === undefined) return "unknown";
  const namespace = resource.namespaced ? node.metadata.namespace : undefined;
  const key: ObjectKey = namespace === undefined ? { name: owner.name } : { namespace, name: owner.name };
  const found = await deps.client.find(ctx, { ...resource, version }, key);
  return found?.metadata?.uid === owner.uid ? "present" : "absent";
}

async function remove(
  ctx: Context,
  deps: Deps,
  node: GraphNode,
  propagationPolicy: "Foreground" | "Background",
): Promise<void> {
  try {
    await deps.client.delete(ctx, node.resource, keyOfNode(node), { uid: node.uid, propagationPolicy });
  } catch (error) {
    // Gone, or a new object of the same name: either way this uid is no longer there.
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

async function orphan(ctx: Context, deps: Deps, graph: OwnerGraph, node: GraphNode): Promise<void> {
  for (const dependent of graph.dependentsOf(node.uid)) {
    const rest = (dependent.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== node.uid);
    await keepOwners(ctx, deps, dependent, rest);
  }
  await dropFinalizer(ctx, deps, node, ORPHAN);
}

async function foreground(ctx: Context, deps: Deps, graph: OwnerGraph, node: GraphNode): Promise<void> {
  const blocking = graph
    .dependentsOf(node.uid)
    .filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion === true),
    );
  if (blocking.length === 0) {
    await dropFinalizer(ctx, deps, node, FOREGROUND);
    return;
  }
  for (const dependent of graph.dependentsOf(node.uid)) {
    if (dependent.metadata.deletionTimestamp === undefined) await remove(ctx, deps, dependent, "Foreground");
  }
}

async function keepOwners(
  ctx: Context,
  deps: Deps,
  node: GraphNode,
  ownerReferences: readonly OwnerReference[],
): Promise<void> {
  await patchMetadata(ctx, deps, node, { ownerReferences: ownerReferences.length === 0 ? null : ownerReferences });
}

async function dropFinalizer(ctx: Context, deps: Deps, node: GraphNode, finalizer: string): Promise<void> {
  await patchMetadata(ctx, deps, node, {
    finalizers: (node.metadata.finalizers ?? []).filter((name) => name !== finalizer),
  });
}

async function patchMetadata(ctx: Context, deps: Deps, node: GraphNode, fields: object): Promise<void> {
  const { uid, resourceVersion } = node.metadata;
  try {
    await deps.client.patch(ctx, node.resource, keyOfNode(node), "merge", {
      metadata: { uid, resourceVersion, ...fields },
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function keyOfNode({ metadata }: GraphNode): ObjectKey {
  const name = metadata.name ?? "";
  return metadata.namespace === undefined ? { name } : { namespace: metadata.namespace, name };
}

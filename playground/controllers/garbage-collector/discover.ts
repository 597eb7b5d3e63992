/**
 * The copy of all objects that ownership is read from, kept by watching every resource that the server serves.
 * Kubernetes: pkg/controller/garbagecollector/graph_builder.go
 */
import type { Context } from "#base/context.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Deps } from "../deps.ts";
import type { OwnerGraph } from "./graph.ts";

// Objects of these never own and are never owned, and change all the time.
const IGNORED = new Set(["events", "events.events.k8s.io", "endpoints"]);

export interface Observed {
  readonly graph: OwnerGraph;
  /** By group and resource. */
  readonly watched: Map<string, Informer<KubeObject>>;
  readonly enqueue: (uid: string) => void;
}

/** Watches what the server serves now, and no longer what it does not. */
export async function discover(ctx: Context, deps: Deps, { graph, watched, enqueue }: Observed): Promise<void> {
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
  const informer = deps.informers.find(typed) ?? deps.informers.for(typed, { transform: withoutContent });
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

function withoutContent({ metadata = {} }: KubeObject): KubeObject {
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

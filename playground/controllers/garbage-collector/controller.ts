/**
 * Deletes what lost its owners and carries out foreground and orphaning deletions.
 * Kubernetes: pkg/controller/garbagecollector/garbagecollector.go. Keys of the queue are uids.
 */
import type { Context } from "#base/context.ts";
import {
  type Controller,
  DONE,
  type Result,
  watchManual,
  watchMapped,
  watchStart,
} from "#kube/controller/controller.ts";
import { customResourceDefinitions } from "#machinery/builtin.ts";
import { parseApiVersion } from "#machinery/gvk.ts";
import type { ObjectKey, OwnerReference } from "#machinery/meta.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { discover, type Observed } from "./discover.ts";
import { type GraphNode, OwnerGraph } from "./graph.ts";
import { FOREGROUND, ORPHAN, type OwnerState, planEnding, planOwned, stateOfKnown } from "./plan.ts";

const REDISCOVER_MS = 30_000;
// An owner's kind may be discovered meanwhile.
const UNKNOWN_OWNER_MS = 1_000;
const DISCOVER_KEY = "discover";

export function garbageCollector(deps: Deps): Controller {
  const manual = watchManual();
  const enqueue = (uid: string): void => manual.trigger({ name: uid });
  const seen: Observed = { graph: new OwnerGraph(), watched: new Map(), enqueue };
  const definitions = deps.informers.for(customResourceDefinitions);
  return {
    name: "garbage-collector",
    workers: 10,
    // Definitions come and go with their kinds: each change is a reason to look at discovery again, and so is the start.
    watches: [manual, watchMapped(definitions, () => [{ name: DISCOVER_KEY }]), watchStart({ name: DISCOVER_KEY })],
    reconcile: (ctx, key) => reconcile(ctx, deps, seen, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, seen: Observed, key: ObjectKey): Promise<Result> {
  if (key.name === DISCOVER_KEY) {
    await discover(ctx, deps, seen);
    return { requeueAfterMs: REDISCOVER_MS };
  }
  const node = seen.graph.get(key.name);
  if (node === undefined) return DONE;
  return node.metadata.deletionTimestamp === undefined
    ? keepOwned(ctx, deps, seen, node)
    : endWithDependents(ctx, deps, seen, node);
}

async function keepOwned(ctx: Context, deps: Deps, seen: Observed, node: GraphNode): Promise<Result> {
  const owners = node.metadata.ownerReferences ?? [];
  const states = await Promise.all(owners.map((owner) => stateOf(ctx, deps, seen, node, owner)));
  const plan = planOwned(node, states, seen.graph.dependentsOf(node.uid));
  if (plan.do === "wait") return { requeueAfterMs: UNKNOWN_OWNER_MS };
  if (plan.do === "disown") await writeOwners(ctx, deps, node, plan.kept);
  if (plan.do === "delete") await remove(ctx, deps, node, plan.propagationPolicy);
  return DONE;
}

async function endWithDependents(ctx: Context, deps: Deps, seen: Observed, node: GraphNode): Promise<Result> {
  const plan = planEnding(node, seen.graph.dependentsOf(node.uid));
  if (plan.do === "orphan") {
    for (const dependent of plan.dependents) {
      const rest = (dependent.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== node.uid);
      await writeOwners(ctx, deps, dependent, rest);
    }
    await dropFinalizer(ctx, deps, node, ORPHAN);
  }
  if (plan.do === "delete") for (const dependent of plan.dependents) await remove(ctx, deps, dependent, "Foreground");
  if (plan.do === "release") await dropFinalizer(ctx, deps, node, FOREGROUND);
  return DONE;
}

async function stateOf(
  ctx: Context,
  deps: Deps,
  { graph, watched }: Observed,
  node: GraphNode,
  owner: OwnerReference,
): Promise<OwnerState> {
  const known = graph.get(owner.uid);
  if (known !== undefined) return stateOfKnown(known);
  // Not in the graph: it is gone, or our copy lags. Only the server's answer allows a deletion.
  const { group, version } = parseApiVersion(owner.apiVersion);
  const resource = [...watched.values()]
    .map((informer) => informer.resource)
    .find((each) => each.group === group && each.kind === owner.kind);
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

async function writeOwners(
  ctx: Context,
  deps: Deps,
  node: GraphNode,
  ownerReferences: readonly OwnerReference[],
): Promise<void> {
  await patchMetadata(ctx, deps, node, { ownerReferences: ownerReferences.length === 0 ? null : ownerReferences });
}

async function dropFinalizer(ctx: Context, deps: Deps, node: GraphNode, finalizer: string): Promise<void> {
  const finalizers = (node.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  await patchMetadata(ctx, deps, node, { finalizers });
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

/**
 * Marks nodes without heartbeat Unknown, and taints nodes as their conditions are. Who leaves because of a taint is the
 * matter of taint-eviction. Kubernetes: pkg/controller/nodelifecycle
 */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Index, Store } from "#kube/informer/store.ts";
import { leases, nodes, pods } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isReady, nodeNameOf } from "#machinery/pod.ts";
import type { Deps } from "../deps.ts";
import { heartbeatOf, lostConditions, wantedTaints } from "./plan.ts";

const LEASE_NAMESPACE = "kube-node-lease";
// How soon a lost node is looked at again, should its conditions be written by somebody else.
const LOST_RECHECK_MS = 10_000;
// Timers may fire a little early.
const SLACK_MS = 100;

interface Sources {
  readonly nodes: Store<Node>;
  readonly leases: Store<Lease>;
  readonly podsByNode: Index<Pod>;
  /** Heartbeats are judged by when we saw them change, so that clocks need not agree. */
  readonly heartbeats: Map<string, { readonly beat: string; readonly atMs: number }>;
}

export function nodeLifecycleController(deps: Deps): Controller {
  const informer = deps.informers.for(nodes);
  const leaseInformer = deps.informers.for(leases, { namespace: LEASE_NAMESPACE });
  const sources: Sources = {
    nodes: informer.store,
    leases: leaseInformer.store,
    podsByNode: deps.informers.for(pods).store.indexBy(nodeNameOf),
    heartbeats: new Map(),
  };
  return {
    name: "node-lifecycle",
    workers: 2,
    watches: [watchFor(informer), watchMapped(leaseInformer, ({ metadata }) => [{ name: metadata?.name ?? "" }])],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const node = sources.nodes.get(key);
  if (node === undefined) {
    sources.heartbeats.delete(key.name);
    return DONE;
  }
  const leftMs = deps.settings.nodeMonitorGraceMs - silentMs(deps, sources, node);
  const judged = leftMs > 0 ? node : await markLost(ctx, deps, sources, node);
  await writeTaints(ctx, deps, judged);
  return { requeueAfterMs: leftMs > 0 ? leftMs + SLACK_MS : LOST_RECHECK_MS };
}

/** For how long the node has shown the same heartbeat. */
function silentMs(deps: Deps, { leases: store, heartbeats }: Sources, node: Node): number {
  const { name } = keyOf(node);
  const beat = heartbeatOf(node, store.get({ namespace: LEASE_NAMESPACE, name })?.spec?.renewTime);
  const last = heartbeats.get(name);
  const current = last?.beat === beat ? last : { beat, atMs: deps.nowMs() };
  heartbeats.set(name, current);
  return deps.nowMs() - current.atMs;
}

async function markLost(ctx: Context, deps: Deps, sources: Sources, node: Node): Promise<Node> {
  const conditions = lostConditions(node, deps.nowMs());
  if (conditions === undefined) return node;
  const { name } = keyOf(node);
  deps.events.normal(ctx, node, "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
  const body = { status: { conditions } };
  const written = await deps.client.patch(ctx, nodes, { name }, "strategic", body, { subresource: "status" });
  for (const pod of sources.podsByNode.get(name)) await markNotReady(ctx, deps, pod);
  return written;
}

/** Pods of a lost node leave the endpoints of their Services. */
async function markNotReady(ctx: Context, deps: Deps, pod: Pod): Promise<void> {
  if (!isReady(pod)) return;
  const condition = { type: "Ready", status: "False", lastTransitionTime: timestamp(deps.nowMs()) };
  const body = { status: { conditions: [condition] } };
  await deps.client.patch(ctx, pods, keyOf(pod), "strategic", body, { subresource: "status" });
}

async function writeTaints(ctx: Context, deps: Deps, node: Node): Promise<void> {
  const taints = wantedTaints(node, deps.nowMs());
  const before = node.spec?.taints ?? [];
  if (taints.length === before.length && taints.every((taint) => before.includes(taint))) return;
  const body = {
    metadata: { resourceVersion: node.metadata?.resourceVersion },
    spec: { taints: taints.length === 0 ? null : taints },
  };
  await deps.client.patch(ctx, nodes, keyOf(node), "merge", body);
}

/** Deletes pods whose time on a NoExecute-tainted node is up. Kubernetes: pkg/controller/tainteviction */
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isTerminating, nodeNameOf } from "#machinery/pod.ts";
import type { Deps } from "../deps.ts";
import { evictionTime } from "./plan.ts";

interface Stores {
  readonly nodes: Store<Node>;
  readonly pods: Store<Pod>;
}

export function taintEvictionController(deps: Deps): Controller {
  const nodeInformer = deps.informers.for(nodes);
  const podInformer = deps.informers.for(pods);
  const stores: Stores = { nodes: nodeInformer.store, pods: podInformer.store };
  const podsByNode = podInformer.store.indexBy(nodeNameOf);
  return {
    name: "taint-eviction",
    workers: 4,
    watches: [
      watchFor(podInformer),
      watchMapped(nodeInformer, ({ metadata }) => podsByNode.get(metadata?.name ?? "").map(keyOf)),
    ],
    reconcile: (ctx, key) => reconcile(ctx, deps, stores, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, stores: Stores, key: ObjectKey): Promise<Result> {
  const pod = stores.pods.get(key);
  if (pod === undefined || isTerminating(pod)) return DONE;
  const node = stores.nodes.get({ name: pod.spec?.nodeName ?? "" });
  const dueMs = evictionTime(pod, node?.spec?.taints ?? []);
  if (dueMs === undefined) return DONE;
  const leftMs = dueMs - deps.nowMs();
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  deps.events.normal(ctx, pod, "TaintManagerEviction", `Marking for deletion Pod ${key.namespace}/${key.name}`);
  const uid = pod.metadata?.uid;
  await deps.client.deleteIfPresent(ctx, pods, key, uid === undefined ? {} : { uid });
  return DONE;
}

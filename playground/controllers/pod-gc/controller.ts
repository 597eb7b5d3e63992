/** Removes pods whose node no longer exists. Kubernetes: pkg/controller/podgc */
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Store } from "#kube/informer/store.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { nodeNameOf } from "#machinery/pod.ts";
import type { Deps } from "../deps.ts";
import { classify, QUARANTINE_MS } from "./plan.ts";

interface Sources {
  readonly pods: Store<Pod>;
  readonly nodes: Store<Node>;
  /** Since when pods are known to have lost their node. */
  readonly orphans: Map<string, { readonly uid: string; readonly sinceMs: number }>;
}

export function podGcController(deps: Deps): Controller {
  const podInformer = deps.informers.for(pods);
  const nodeInformer = deps.informers.for(nodes);
  const podsByNode = podInformer.store.indexBy(nodeNameOf);
  const sources: Sources = { pods: podInformer.store, nodes: nodeInformer.store, orphans: new Map() };
  return {
    name: "pod-gc",
    watches: [
      watchFor(podInformer),
      watchMapped(nodeInformer, ({ metadata }) => podsByNode.get(metadata?.name ?? "").map(keyOf)),
    ],
    reconcile: (ctx, key) => reconcile(ctx, deps, sources, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, sources: Sources, key: ObjectKey): Promise<Result> {
  const { orphans } = sources;
  const pod = sources.pods.get(key);
  const verdict = pod === undefined ? "keep" : classify(pod, (name) => sources.nodes.get({ name }));
  if (verdict === "keep") {
    orphans.delete(formatKey(key));
    return DONE;
  }
  const uid = pod?.metadata?.uid ?? "";
  if (verdict === "orphaned") {
    const known = orphans.get(formatKey(key));
    const orphan = known?.uid === uid ? known : { uid, sinceMs: deps.nowMs() };
    orphans.set(formatKey(key), orphan);
    const leftMs = orphan.sinceMs + QUARANTINE_MS - deps.nowMs();
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    // The cache may be behind: only the server's answer allows a deletion.
    const name = pod?.spec?.nodeName ?? "";
    if ((await deps.client.find(ctx, nodes, { name })) !== undefined) return DONE;
  }
  await deps.client.deleteIfPresent(ctx, pods, key, { uid, gracePeriodSeconds: 0 });
  return DONE;
}

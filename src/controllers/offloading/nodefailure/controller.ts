/**
 * Takes away the pods of ShadowPods that a failed node would keep Terminating for ever, so that they are made again
 * elsewhere. Runs where it is asked for: a node that comes back without a restart still has their containers. Deletes Pods.
 * Upstream: pkg/liqo-controller-manager/offloading/nodefailure-controller
 */
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { nodeNameOf } from "#machinery/pod.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";
import { isGivenUp } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
}

export function nodeFailureController(deps: Deps): Controller {
  const work: Work = { deps, nodes: deps.informers.for(nodes), pods: podsInBrief(deps) };
  const podsByNode = work.pods.store.indexBy(nodeNameOf);
  const nodeOf = (pod: Pod): Node | undefined => work.nodes.store.get({ name: pod.spec?.nodeName ?? "" });
  return {
    name: "nodefailure",
    watches: [
      watchFor(work.pods, (pod) => isGivenUp(pod, nodeOf(pod))),
      watchMapped(work.nodes, (node) =>
        podsByNode
          .get(node.metadata?.name ?? "")
          .filter((pod) => isGivenUp(pod, node))
          .map(keyOf),
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const pod = work.pods.store.get(key);
  const node = work.nodes.store.get({ name: pod?.spec?.nodeName ?? "" });
  if (!isGivenUp(pod, node)) return DONE;
  await work.deps.client.deleteObserved(ctx, pods, pod, { gracePeriodSeconds: 0 });
  ctx.log.info("took a pod away from a failed node", { ...key, node: node?.metadata?.name });
  return DONE;
}

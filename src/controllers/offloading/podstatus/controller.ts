/**
 * Marks offloaded pods of an unreachable virtual node, so that they leave the endpoints of their Services. Writes that label
 * of Pods. Upstream: pkg/liqo-controller-manager/offloading/podstatus-controller
 */
import type { Node, Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";
import { isOffloaded, podsInBrief } from "../../pods.ts";
import { planMark } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly nodes: Informer<Node>;
  readonly pods: Informer<Pod>;
}

export function podStatusController(deps: Deps): Controller {
  const work: Work = { deps, nodes: deps.informers.for(nodes), pods: podsInBrief(deps) };
  const podsOn = (name: string | undefined): ObjectKey[] =>
    work.pods.store
      .list()
      .filter((pod) => isOffloaded(pod) && pod.spec?.nodeName === name)
      .map(keyOf);
  return {
    name: "podstatus",
    watches: [watchFor(work.pods, isOffloaded), watchMapped(work.nodes, ({ metadata }) => podsOn(metadata?.name))],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const pod = work.pods.store.get(key);
  const plan = planMark(pod, work.nodes.store.get({ name: pod?.spec?.nodeName ?? "" }));
  if (plan.do === "nothing") return DONE;
  const own = { [labels.REMOTE_UNAVAILABLE]: plan.do === "mark" ? "true" : null };
  const body = { metadata: { uid: pod?.metadata?.uid, labels: own } };
  await work.deps.client.patch(ctx, pods, key, "merge", body).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
  return DONE;
}

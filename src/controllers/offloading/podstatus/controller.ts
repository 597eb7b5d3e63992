/**
 * Marks offloaded pods of an unreachable virtual node, so that they leave the endpoints of their Services.
 * Upstream: pkg/liqo-controller-manager/offloading/podstatus-controller
 */

import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { type Controller, DONE, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";
import { isOffloaded, podsInBrief } from "../../pods.ts";
import { canServe } from "./can-serve.ts";

export function podStatusController(deps: Deps): Controller {
  const nodeInformer = deps.informers.for(nodes);
  const podInformer = podsInBrief(deps);
  return {
    name: "podstatus",
    watches: [
      watchFor(podInformer, isOffloaded),
      watchMapped(nodeInformer, ({ metadata }) =>
        podInformer.store
          .list()
          .filter((pod) => isOffloaded(pod) && pod.spec?.nodeName === metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key) => {
      const pod = podInformer.store.get(key);
      const node = nodeInformer.store.get({ name: pod?.spec?.nodeName ?? "" });
      if (pod === undefined || !isOffloaded(pod) || node === undefined || !isVirtualNode(node)) return DONE;
      const isUnavailable = !canServe(node);
      if (isUnavailable === (pod.metadata?.labels?.[labels.REMOTE_UNAVAILABLE] === "true")) return DONE;
      const body = {
        metadata: { uid: pod.metadata?.uid, labels: { [labels.REMOTE_UNAVAILABLE]: isUnavailable ? "true" : null } },
      };
      await deps.client.patch(ctx, pods, key, "merge", body).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
      return DONE;
    },
  };
}

/** Removes pods whose node no longer exists. Kubernetes: pkg/controller/podgc (quarantine of 40 s included) */
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isTerminating } from "#machinery/pod.ts";
import type { Deps } from "../deps.ts";

const QUARANTINE_MS = 40_000;

export function podGcController(deps: Deps): Controller {
  const podInformer = deps.informers.for(pods);
  const nodeInformer = deps.informers.for(nodes);
  const orphanedSince = new Map<string, number>();
  return {
    name: "pod-gc",
    watches: [
      watchFor(podInformer),
      watchMapped(nodeInformer, (node) =>
        podInformer.store
          .list()
          .filter(({ spec }) => spec?.nodeName === node.metadata?.name)
          .map(keyOf),
      ),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const pod = podInformer.store.get(key);
      const uid = pod?.metadata?.uid ?? "";
      const node = pod?.spec?.nodeName ?? "";
      if (
        pod === undefined ||
        (node === "" && !isTerminating(pod)) ||
        (node !== "" && nodeInformer.store.get({ name: node }) !== undefined)
      ) {
        orphanedSince.delete(uid);
        return DONE;
      }
      const since = orphanedSince.get(uid) ?? deps.nowMs();
      orphanedSince.set(uid, since);
      const leftMs = node === "" ? 0 : since + QUARANTINE_MS - deps.nowMs();
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      orphanedSince.delete(uid);
      await deps.client.deleteIfPresent(ctx, pods, key, { uid, gracePeriodSeconds: 0 });
      return DONE;
    },
  };
}

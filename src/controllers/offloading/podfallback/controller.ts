/**
 * Pods that were bound to a virtual node although their namespace is not offloaded there. Done here and not by the virtual
 * kubelet, which has no rights in such namespaces. Upstream: pkg/virtualKubelet/reflection/workload/pod.go (FallbackPodReflector)
 */
import type { Pod } from "kubernetes-types/core/v1";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { forgeRejectedStatus } from "#forge/pod/status.ts";
import { forgeStatusPatch } from "#forge/pod/status-patch.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { acceptedMappings } from "#trust/namespace-map.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";
import { planFallback } from "./plan.ts";

export function podFallbackController(deps: Deps): Controller {
  const podInformer = podsInBrief(deps);
  const nodeInformer = deps.informers.for(virtualNodes);
  const maps = deps.informers.for(namespaceMaps);
  const events = deps.events("liqo-pod-reflection");
  /** The provider whose virtual node the pod is on, when its namespace has no twin there. */
  const strandedAt = ({ metadata, spec }: Pod): string | undefined => {
    if (spec?.nodeName === undefined) return undefined;
    const node = nodeInformer.store.list().find((virtual) => virtual.metadata?.name === spec.nodeName);
    const provider = node?.spec?.clusterID;
    if (node === undefined || provider === undefined) return undefined;
    const map = maps.store.get({ namespace: node.metadata?.namespace ?? "", name: provider });
    const isOffloaded = map !== undefined && acceptedMappings(map).has(metadata?.namespace ?? "");
    return isOffloaded ? undefined : provider;
  };
  const stranded = () => podInformer.store.list().filter((pod) => strandedAt(pod) !== undefined);
  return {
    name: "podfallback",
    workers: 2,
    watches: [
      watchFor(podInformer, (pod) => strandedAt(pod) !== undefined),
      watchMapped(maps, () => stranded().map(keyOf)),
      watchMapped(nodeInformer, () => stranded().map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const brief = podInformer.store.get(key);
      if (brief === undefined || strandedAt(brief) === undefined) return DONE;
      const pod = await deps.client.find(ctx, pods, key);
      const provider = pod === undefined ? undefined : strandedAt(pod);
      if (pod === undefined || provider === undefined) return DONE;
      const plan = planFallback(pod);
      const uid = pod.metadata?.uid;
      if (plan.do === "delete-local") {
        const options = { gracePeriodSeconds: 0, ...(uid !== undefined && { uid }) };
        await deps.client.deleteIfPresent(ctx, pods, key, options);
      }
      if (plan.do === "reject") {
        const status = forgeRejectedStatus(pod, plan.phase, plan.reason, deps.nowMs());
        await deps.client
          .patch(ctx, pods, key, "merge", forgeStatusPatch(pod, status), { subresource: "status" })
          .catch((error: unknown) => {
            if (!isNotFound(error)) throw error;
          });
        events.warning(ctx, pod, "ReflectionDisabled", namespaceDisabled(provider, key.namespace ?? ""));
      }
      return DONE;
    },
  };
}

/** Word for word as upstream: pkg/virtualKubelet/forge/events.go */
function namespaceDisabled(cluster: string, namespace: string): string {
  return (
    `Reflection to cluster "${cluster}" disabled for namespace "${namespace}". ` +
    "If this is a DaemonSet scheduling pods in all the nodes across the cluster, " +
    "you might want to prevent scheduling on Liqo Virtual Nodes. " +
    "You can configure the rules under `spec.template.spec.affinity.nodeAffinity` so that the pods " +
    "are not scheduled on Nodes having the label liqo.io/type=virtual-node. " +
    "For further info check the documentation."
  );
}

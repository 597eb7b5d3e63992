/**
 * Pods that were bound to a virtual node although their namespace is not offloaded there. Done here and not by the virtual
 * kubelet, which has no rights in such namespaces. Writes the status of Pods, and deletes them at their end.
 * Upstream: pkg/virtualKubelet/reflection/workload/pod.go (FallbackPodReflector)
 */
import type { Pod } from "kubernetes-types/core/v1";
import { type NamespaceMap, namespaceMaps } from "#api/offloading/namespace.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { forgeRejectedStatus } from "#forge/pod/status.ts";
import { forgeStatusPatch } from "#forge/pod/status-patch.ts";
import { noTwin } from "#forge/sentences.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { nodeNameOf } from "#machinery/pod.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { acceptedMappings } from "#trust/namespace-map.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";
import { planFallback } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<VirtualNode>;
  readonly maps: Informer<NamespaceMap>;
  readonly events: EventRecorder;
}

export function podFallbackController(deps: Deps): Controller {
  const work: Work = {
    deps,
    pods: podsInBrief(deps),
    nodes: deps.informers.for(virtualNodes),
    maps: deps.informers.for(namespaceMaps),
    events: deps.events("liqo-pod-reflection"),
  };
  const isStranded = (pod: Pod): boolean => strandedAt(work, pod) !== undefined;
  const podsByNode = work.pods.store.indexBy(nodeNameOf);
  const stranded = (): ObjectKey[] => {
    const away = work.nodes.store.list().flatMap(({ metadata }) => podsByNode.get(metadata?.name ?? ""));
    return away.filter(isStranded).map(keyOf);
  };
  return {
    name: "podfallback",
    workers: 2,
    watches: [watchFor(work.pods, isStranded), watchMapped(work.maps, stranded), watchMapped(work.nodes, stranded)],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

/** The provider whose virtual node the pod is on, when its namespace has no twin there. */
function strandedAt({ nodes, maps }: Work, { metadata, spec }: Pod): string | undefined {
  if (spec?.nodeName === undefined) return undefined;
  const node = nodes.store.list().find((virtual) => virtual.metadata?.name === spec.nodeName);
  const provider = node?.spec?.clusterID;
  if (node === undefined || provider === undefined) return undefined;
  const map = maps.store.get({ namespace: node.metadata?.namespace ?? "", name: provider });
  const isOffloaded = map !== undefined && acceptedMappings(map).has(metadata?.namespace ?? "");
  return isOffloaded ? undefined : provider;
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, events } = work;
  const brief = work.pods.store.get(key);
  if (brief === undefined || strandedAt(work, brief) === undefined) return DONE;
  const pod = await deps.client.find(ctx, pods, key);
  const provider = pod === undefined ? undefined : strandedAt(work, pod);
  if (pod === undefined || provider === undefined) return DONE;
  const plan = planFallback(pod);
  if (plan.do === "delete-local") await deps.client.deleteObserved(ctx, pods, pod, { gracePeriodSeconds: 0 });
  if (plan.do === "reject") {
    const why = { reason: plan.reason, message: noTwin(provider, key.namespace ?? "") };
    const patch = forgeStatusPatch(pod, forgeRejectedStatus(pod, plan.phase, why, deps.clock.epochMs()));
    await deps.client.patch(ctx, pods, key, "merge", patch, { subresource: "status" }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    events.warning(ctx, pod, "ReflectionDisabled", namespaceDisabled(provider, key.namespace ?? ""));
  }
  return DONE;
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

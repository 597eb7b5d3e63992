/** Pods that were bound to the virtual node although their namespace is not offloaded. Upstream: pkg/virtualKubelet/reflection/workload/pod.go (FallbackPodReflector) */
import type { NamespaceMap } from "#api/offloading/namespace.ts";
import { forgeRejectedStatus } from "#forge/pod/status.ts";
import { type Controller, DONE, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import type { ReflectionDeps } from "../deps.ts";
import * as messages from "../messages.ts";
import { mappingsTo } from "../namespaces.ts";
import { planFallback } from "./plan.ts";
import { writeStatus } from "./status-reporter.ts";

export function podFallbackController(
  deps: Pick<ReflectionDeps, "local" | "localPods" | "events" | "scope" | "nowMs">,
  maps: Informer<NamespaceMap>,
): Controller {
  const recorder = deps.events("liqo-pod-reflection");
  const { destination } = deps.scope;
  return {
    name: "pod-fallback",
    workers: 2,
    watches: [watchFor(deps.localPods), watchMapped(maps, () => deps.localPods.store.list().map(keyOf))],
    reconcile: async (ctx, key) => {
      const local = deps.localPods.store.get(key);
      if (local === undefined || mappingsTo(maps, destination).has(key.namespace ?? "")) return DONE;
      const plan = planFallback(local);
      const uid = local.metadata?.uid;
      if (plan.do === "delete-local")
        await deps.local.deleteIfPresent(ctx, pods, key, {
          gracePeriodSeconds: 0,
          ...(uid !== undefined && { uid }),
        });
      if (plan.do === "reject") {
        await writeStatus(ctx, deps.local, local, forgeRejectedStatus(local, plan.phase, plan.reason, deps.nowMs()));
        const message = messages.namespaceDisabled(destination, key.namespace ?? "");
        recorder.warning(ctx, local, messages.REFLECTION_DISABLED, message);
      }
      return DONE;
    },
  };
}

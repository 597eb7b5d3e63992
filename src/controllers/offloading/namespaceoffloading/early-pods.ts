/**
 * Pods that came before the webhook looked at their namespace: one file may hold namespace, NamespaceOffloading and pods. A
 * pod without controller that asks for a virtual node would wait for ever, as upstream's does. Tolerations may be added later.
 */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { NOT_ALLOWED_TOLERATION } from "#forge/node.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";

/** How long pods are looked for: webhooks follow a namespace's label within a second or so. */
const YOUNG_MS = 15_000;
const AGAIN_MS = 1_000;

/** When to look again; undefined: all that comes now is seen by the webhook. */
export async function tolerateEarlyPods(
  ctx: Context,
  deps: Deps,
  offloading: NamespaceOffloading,
): Promise<number | undefined> {
  const { namespace = "", creationTimestamp = "" } = offloading.metadata ?? {};
  if (!(deps.clock.epochMs() - Date.parse(creationTimestamp) < YOUNG_MS)) return undefined;
  const { items } = await deps.client.list(ctx, pods, { namespace, fieldSelector: "spec.nodeName=" });
  for (const pod of items.filter((each) => isStranded(each, offloading))) {
    const { uid, resourceVersion } = pod.metadata ?? {};
    const tolerations = [...(pod.spec?.tolerations ?? []), NOT_ALLOWED_TOLERATION];
    try {
      await deps.client.patch(ctx, pods, keyOf(pod), "merge", {
        metadata: { uid, resourceVersion },
        spec: { tolerations },
      });
    } catch (error) {
      // Changed or gone meanwhile: the next look tells.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
  return AGAIN_MS;
}

/** Only where the strategy imposes no more than a virtual node, which the pod asks for by itself: affinities cannot be added. */
export function isStranded({ metadata, spec }: Pod, { spec: offloading }: NamespaceOffloading): boolean {
  const isFree = (offloading?.clusterSelector?.nodeSelectorTerms ?? []).length === 0;
  const asksForIt = spec?.nodeSelector?.[labels.TYPE] === labels.TYPE_VIRTUAL_NODE;
  const isTolerated = (spec?.tolerations ?? []).some(
    ({ key }) => key === undefined || key === NOT_ALLOWED_TOLERATION.key,
  );
  const isWaiting = spec?.nodeName === undefined && metadata?.deletionTimestamp === undefined;
  return isFree && asksForIt && !isTolerated && isWaiting;
}

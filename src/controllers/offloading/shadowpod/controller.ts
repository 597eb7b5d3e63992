/**
 * Keeps a real Pod alive for each ShadowPod, so that offloaded pods survive an outage of the consumer.
 * Upstream: pkg/liqo-controller-manager/offloading/shadowpod-controller
 */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { marksOfShadow } from "#forge/marks.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { pods } from "#machinery/builtin.ts";
import { controllerOf, controllerReference, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists, isForbidden, isInvalid } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";

const FIELD_MANAGER = "shadow-pod";

export type ShadowPlan =
  | { readonly do: "create"; readonly pod: Pod }
  | { readonly do: "relabel"; readonly pod: Pod }
  | { readonly do: "foreign" }
  | { readonly do: "nothing" };

export function shadowPodController(deps: Deps): Controller {
  const informer = deps.informers.for(shadowPods);
  const podInformer = podsInBrief(deps);
  const events = deps.events("shadowpod-controller");
  return {
    name: "shadowpod",
    workers: 10,
    watches: [watchFor(informer), watchOwned(podInformer, "ShadowPod")],
    reconcile: async (ctx, key): Promise<Result> => {
      const shadow = informer.store.get(key);
      if (shadow === undefined || shadow.metadata?.deletionTimestamp !== undefined) return DONE;
      const pod = podInformer.store.get(key);
      const plan = planShadowPod(shadow, pod);
      if (plan.do === "create") await create(ctx, shadow, plan.pod);
      if (plan.do === "relabel")
        await deps.client.patch(ctx, pods, key, "merge", {
          metadata: { labels: plan.pod.metadata?.labels, annotations: plan.pod.metadata?.annotations },
        });
      if (plan.do === "foreign") {
        events.warning(
          ctx,
          shadow,
          "FailedCreatePod",
          `a pod ${key.name} that does not belong to this ShadowPod already exists`,
        );
        // Its phase is not this ShadowPod's.
        return DONE;
      }
      await reportPhase(ctx, deps, shadow, pod);
      return DONE;
    },
  };

  async function create(ctx: Context, shadow: ShadowPod, pod: Pod): Promise<void> {
    try {
      await deps.client.create(ctx, pods, pod, { fieldManager: FIELD_MANAGER });
      events.normal(ctx, shadow, "CreatedPod", "Successfully created pod from ShadowPod");
    } catch (error) {
      if (isAlreadyExists(error)) return;
      events.warning(ctx, shadow, "FailedCreatePod", messageOf(error));
      // A refusal stays one until the provider changes its mind: retried, but not in a hurry (the queue backs off).
      if (isForbidden(error) || isInvalid(error)) ctx.log.info("pod refused", { error: messageOf(error) });
      throw error;
    }
  }
}

/** A finished ShadowPod is final: its pod is never made again. */
export function planShadowPod(shadow: ShadowPod, pod: Pod | undefined): ShadowPlan {
  const wanted = podOf(shadow);
  if (pod === undefined) {
    const isFinal = shadow.status?.phase === "Succeeded" || shadow.status?.phase === "Failed";
    return isFinal ? { do: "nothing" } : { do: "create", pod: wanted };
  }
  if (controllerOf(pod)?.uid !== shadow.metadata?.uid)
    return pod.metadata?.deletionTimestamp === undefined ? { do: "foreign" } : { do: "nothing" };
  const differs = (a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean =>
    Object.entries(a).some(([key, value]) => b[key] !== value);
  const isStale =
    differs(wanted.metadata?.labels, pod.metadata?.labels) ||
    differs(wanted.metadata?.annotations, pod.metadata?.annotations);
  return isStale ? { do: "relabel", pod: wanted } : { do: "nothing" };
}

function podOf(shadow: ShadowPod): Pod {
  const { name = "", namespace = "", labels: own, annotations } = shadow.metadata ?? {};
  return {
    metadata: {
      name,
      namespace,
      labels: { ...marksOfShadow(own), [labels.MANAGED_BY]: "shadowpod" },
      ...(annotations !== undefined && { annotations: marksOfShadow(annotations) }),
      ownerReferences: [controllerReference(shadow)],
    },
    ...(shadow.spec?.pod !== undefined && { spec: shadow.spec.pod }),
  };
}

async function reportPhase(ctx: Context, deps: Deps, shadow: ShadowPod, pod: Pod | undefined): Promise<void> {
  const phase = pod?.status?.phase as NonNullable<ShadowPod["status"]>["phase"] | undefined;
  // One without a status is pending: that its pod is, too, is no news.
  if (phase === undefined || phase === (shadow.status?.phase ?? "Pending")) return;
  if (shadow.status?.phase === "Succeeded" || shadow.status?.phase === "Failed") return;
  await deps.client.patch(ctx, shadowPods, keyOf(shadow), "merge", { status: { phase } }, { subresource: "status" });
}

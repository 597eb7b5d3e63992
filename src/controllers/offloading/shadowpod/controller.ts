/**
 * Keeps a real Pod alive for each ShadowPod, so that offloaded pods survive an outage of the consumer.
 * Upstream: pkg/liqo-controller-manager/offloading/shadowpod-controller
 */

import type { Namespace, Pod } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { remapAddress } from "#forge/networking/remap.ts";
import { forgeCaughtUp, isBehind, podChanges } from "#forge/pod/pod-changes.ts";
import { forgeRemotePod } from "#forge/pod/remote-pod.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { namespaces, pods } from "#machinery/builtin.ts";
import { controllerOf, formatKey, keyOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";
import { configurationOf } from "../peer-configuration.ts";
import { Refusals, refusalOf } from "../refusals.ts";

const FIELD_MANAGER = "shadow-pod";
const NETWORK_RETRY_MS = 1_000;
export const FAILED_CREATE = "FailedCreate";

export type ShadowPlan =
  | { readonly do: "create"; readonly pod: Pod }
  | { readonly do: "relabel"; readonly pod: Pod }
  /** The ShadowPod's spec has changed. */
  | { readonly do: "follow" }
  | { readonly do: "foreign" }
  /** For the network with the consumer, by whose addresses the pod knows its home. */
  | { readonly do: "wait" }
  | { readonly do: "nothing" };

export function shadowPodController(deps: Deps): Controller {
  const informer = deps.informers.for(shadowPods);
  const podInformer = podsInBrief(deps);
  const namespaceInformer = deps.informers.for(namespaces);
  const configs = deps.informers.for(configurations);
  // Whose the addresses are says the twin namespace, which this cluster made, not the consumer's label.
  const tenants = new TenantNamespaces(deps.informers);
  const events = deps.events("shadowpod-controller");
  const refusals = new Refusals();
  return {
    name: "shadowpod",
    workers: 10,
    watches: [
      watchFor(informer),
      // A pod is called like its ShadowPod, also one that has lost its owner.
      watchMapped(podInformer, (pod) => (isOfShadowPod(pod) ? [keyOf(pod)] : [])),
      // Asked only; nothing follows from a change.
      watchMapped(namespaceInformer, () => []),
      watchMapped(configs, () => []),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const shadow = informer.store.get(key);
      const pod = podInformer.store.get(key);
      if (shadow === undefined) {
        refusals.forget(formatKey(key));
        if (isLeftBehind(pod, namespaceInformer.store.get({ name: key.namespace ?? "" })))
          await deps.client.deleteIfPresent(ctx, pods, key, uidOf(pod));
        return DONE;
      }
      if (shadow.metadata?.deletionTimestamp !== undefined) return DONE;
      const consumer = tenants.consumerOf(key.namespace);
      const network = consumer === undefined ? undefined : configurationOf(consumer, configs.store.list(), tenants);
      const plan = planShadowPod(shadow, pod, network);
      if (plan.do === "wait") return { requeueAfterMs: NETWORK_RETRY_MS };
      if (plan.do === "create") return create(ctx, shadow, plan.pod);
      if (plan.do === "follow") {
        await reportPhase(ctx, deps, shadow, pod);
        return follow(ctx, shadow);
      }
      refusals.forget(formatKey(key));
      if (plan.do === "relabel")
        await deps.client.patch(ctx, pods, key, "merge", {
          metadata: { labels: plan.pod.metadata?.labels, annotations: plan.pod.metadata?.annotations },
        });
      if (plan.do === "foreign") {
        const message = `a pod ${key.name} that does not belong to this ShadowPod already exists`;
        events.warning(ctx, shadow, "FailedCreatePod", message);
        // Its phase is not this ShadowPod's.
        return DONE;
      }
      await reportPhase(ctx, deps, shadow, pod);
      return DONE;
    },
  };

  async function create(ctx: Context, shadow: ShadowPod, pod: Pod): Promise<Result> {
    const key = formatKey(keyOf(shadow));
    const uid = shadow.metadata?.uid ?? "";
    const waitMs = refusals.waitMs(key, uid, deps.nowMs());
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    try {
      await deps.client.create(ctx, pods, pod, { fieldManager: FIELD_MANAGER });
      refusals.forget(key);
      events.normal(ctx, shadow, "CreatedPod", "Successfully created pod from ShadowPod");
      return DONE;
    } catch (error) {
      if (isAlreadyExists(error)) return DONE;
      const message = refusalOf(error);
      if (message === undefined) throw error;
      const { delayMs, isNews } = refusals.add(key, { uid, message }, deps.nowMs());
      if (isNews) ctx.log.info("pod refused", { key, error: message });
      events.warning(ctx, shadow, "FailedCreatePod", message);
      await reportRefusal(ctx, deps, shadow, message);
      return { requeueAfterMs: delayMs };
    }
  }

  /** Each change by itself; what is refused is tried again, ever later, and at once with the next change. */
  async function follow(ctx: Context, shadow: ShadowPod): Promise<Result> {
    const key = formatKey(keyOf(shadow));
    const { uid = "", generation } = shadow.metadata ?? {};
    const version = `${uid} ${generation}`;
    const waitMs = refusals.waitMs(key, version, deps.nowMs());
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    // The watch shows the pod in brief.
    const pod = await deps.client.find(ctx, pods, keyOf(shadow));
    if (pod === undefined || controllerOf(pod)?.uid !== uid) return DONE;
    const refused: string[] = [];
    for (const { subresource, patch } of podChanges(shadow, pod)) {
      const body = { metadata: uidOf(pod), ...patch };
      const options = { fieldManager: FIELD_MANAGER, ...(subresource !== undefined && { subresource }) };
      try {
        await deps.client.patch(ctx, pods, keyOf(pod), "strategic", body, options);
      } catch (error) {
        const message = refusalOf(error);
        if (message === undefined) throw error;
        events.warning(ctx, shadow, "FailedUpdatePod", message);
        refused.push(message);
      }
    }
    const [message] = refused;
    if (message !== undefined)
      return { requeueAfterMs: refusals.add(key, { uid: version, message }, deps.nowMs()).delayMs };
    refusals.forget(key);
    await deps.client.patch(ctx, pods, keyOf(pod), "merge", forgeCaughtUp(shadow), { fieldManager: FIELD_MANAGER });
    return DONE;
  }
}

/** A finished ShadowPod is final: its pod is never made again. */
export function planShadowPod(shadow: ShadowPod, pod: Pod | undefined, network?: Configuration): ShadowPlan {
  const wanted = forgeRemotePod(shadow, (address) => remapAddress(address, network));
  if (pod === undefined) {
    if (isTerminal(shadow)) return { do: "nothing" };
    const isUnmapped = network !== undefined && network.status?.remote === undefined;
    return isUnmapped && wanted.spec?.hostAliases !== undefined ? { do: "wait" } : { do: "create", pod: wanted };
  }
  if (controllerOf(pod)?.uid !== shadow.metadata?.uid)
    return pod.metadata?.deletionTimestamp === undefined ? { do: "foreign" } : { do: "nothing" };
  const differs = (a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean =>
    Object.entries(a).some(([key, value]) => b[key] !== value);
  const isStale =
    differs(wanted.metadata?.labels, pod.metadata?.labels) ||
    differs(wanted.metadata?.annotations, pod.metadata?.annotations);
  if (isStale) return { do: "relabel", pod: wanted };
  return isBehind(shadow, pod) && pod.metadata?.deletionTimestamp === undefined ? { do: "follow" } : { do: "nothing" };
}

/**
 * Whether the pod outlived its ShadowPod, as a consumer can wish when it deletes that (propagation policy Orphan): it
 * would run on, and no Quota would count it.
 */
export function isLeftBehind(pod: Pod | undefined, namespace: Namespace | undefined): pod is Pod {
  return (
    pod !== undefined &&
    isOfShadowPod(pod) &&
    controllerOf(pod) === undefined &&
    pod.metadata?.deletionTimestamp === undefined &&
    namespace?.metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP] !== undefined
  );
}

function isOfShadowPod(pod: Pod): boolean {
  return pod.metadata?.labels?.[labels.MANAGED_BY] === "shadowpod" || controllerOf(pod)?.kind === "ShadowPod";
}

function uidOf({ metadata }: Pod): { uid?: string } {
  return metadata?.uid === undefined ? {} : { uid: metadata.uid };
}

async function reportRefusal(ctx: Context, deps: Deps, shadow: ShadowPod, message: string): Promise<void> {
  const { reason, message: told } = shadow.status ?? {};
  if (reason === FAILED_CREATE && told === message) return;
  const status = { phase: "Pending", reason: FAILED_CREATE, message };
  await deps.client.patch(ctx, shadowPods, keyOf(shadow), "merge", { status }, { subresource: "status" });
}

async function reportPhase(ctx: Context, deps: Deps, shadow: ShadowPod, pod: Pod | undefined): Promise<void> {
  const phase = pod?.status?.phase as NonNullable<ShadowPod["status"]>["phase"] | undefined;
  // One without a status is pending: that its pod is, too, is no news, unless it was refused before.
  const wasRefused = shadow.status?.reason !== undefined;
  if (phase === undefined || (phase === (shadow.status?.phase ?? "Pending") && !wasRefused)) return;
  if (isTerminal(shadow)) return;
  const status = { phase, ...(wasRefused && { reason: null, message: null }) };
  await deps.client.patch(ctx, shadowPods, keyOf(shadow), "merge", { status }, { subresource: "status" });
}

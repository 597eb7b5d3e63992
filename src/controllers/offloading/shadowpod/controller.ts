/**
 * Keeps a real Pod alive for each ShadowPod, so that offloaded pods survive an outage of the consumer. Writes Pods and the
 * status of ShadowPods. Upstream: pkg/liqo-controller-manager/offloading/shadowpod-controller
 */
import type { Namespace, Pod } from "kubernetes-types/core/v1";
import { ORIGIN } from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { forgeCaughtUp, podChanges } from "#forge/pod/pod-changes.ts";
import { tracePod } from "#forge/pod/trace.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { namespaces, pods } from "#machinery/builtin.ts";
import { controllerOf, formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";
import { configurationOf } from "../peer-configuration.ts";
import { Refusals, refusalOf } from "../refusals.ts";
import { isLeftBehind, isOfShadowPod, planShadowPod, type ShadowPlan } from "./plan.ts";
import { reportPhase, reportRefusal } from "./report.ts";

const FIELD_MANAGER = "shadow-pod";
const NETWORK_RETRY_MS = 1_000;

interface Work {
  readonly deps: Deps;
  readonly shadows: Informer<ShadowPod>;
  readonly pods: Informer<Pod>;
  readonly namespaces: Informer<Namespace>;
  readonly configurations: Informer<Configuration>;
  readonly tenants: TenantNamespaces;
  readonly events: EventRecorder;
  readonly refusals: Refusals;
}

export function shadowPodController(deps: Deps): Controller {
  const work: Work = {
    deps,
    shadows: deps.informers.for(shadowPods),
    pods: podsInBrief(deps),
    namespaces: deps.informers.for(namespaces),
    configurations: deps.informers.for(configurations),
    // Whose the addresses are says the twin namespace, which this cluster made, not the consumer's label.
    tenants: new TenantNamespaces(deps.informers),
    events: deps.events("shadowpod-controller"),
    refusals: new Refusals(),
  };
  return {
    name: "shadowpod",
    workers: 10,
    watches: [
      watchFor(work.shadows),
      // A pod is called like its ShadowPod, also one that has lost its owner.
      watchMapped(work.pods, (pod) => (isOfShadowPod(pod) ? [keyOf(pod)] : [])),
      // Asked only; nothing follows from a change.
      watchMapped(work.namespaces, () => []),
      watchMapped(work.configurations, () => []),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, refusals } = work;
  const shadow = work.shadows.store.get(key);
  const pod = work.pods.store.get(key);
  if (shadow === undefined) {
    refusals.forget(formatKey(key));
    if (isLeftBehind(pod, work.namespaces.store.get({ name: key.namespace ?? "" })))
      await deps.client.deleteObserved(ctx, pods, pod);
    return DONE;
  }
  if (shadow.metadata?.deletionTimestamp !== undefined) return DONE;
  const plan = planShadowPod(shadow, pod, networkOf(work, key.namespace));
  if (plan.do === "wait") return { requeueAfterMs: NETWORK_RETRY_MS };
  if (plan.do === "create") return create(ctx, work, shadow, plan.pod);
  if (plan.do === "follow") {
    await reportPhase(ctx, deps, shadow, pod);
    return follow(ctx, work, shadow);
  }
  refusals.forget(formatKey(key));
  await applyPlan(ctx, work, shadow, { pod, plan });
  return DONE;
}

/** The network with the consumer whose twin namespace it is. */
function networkOf({ tenants, configurations: informer }: Work, namespace?: string): Configuration | undefined {
  const consumer = tenants.consumerOf(namespace);
  return consumer === undefined ? undefined : configurationOf(consumer, informer.store.list(), tenants);
}

async function applyPlan(
  ctx: Context,
  { deps, events }: Work,
  shadow: ShadowPod,
  { pod, plan }: { readonly pod: Pod | undefined; readonly plan: ShadowPlan },
): Promise<void> {
  const key = keyOf(shadow);
  if (plan.do === "foreign") {
    const message = `a pod ${key.name} that does not belong to this ShadowPod already exists`;
    events.warning(ctx, shadow, "FailedCreatePod", message);
    // Its phase is not this ShadowPod's.
    return;
  }
  if (plan.do === "end") {
    const { gracePeriodSeconds } = plan;
    await deps.client.deleteObserved(ctx, pods, plan.pod, { gracePeriodSeconds });
  }
  if (plan.do === "relabel") {
    const { labels, annotations } = plan.pod.metadata ?? {};
    await deps.client.patch(ctx, pods, key, "merge", { metadata: { labels, annotations } });
  }
  await reportPhase(ctx, deps, shadow, pod);
}

async function create(ctx: Context, work: Work, shadow: ShadowPod, pod: Pod): Promise<Result> {
  const { deps, refusals, events } = work;
  const key = formatKey(keyOf(shadow));
  const uid = shadow.metadata?.uid ?? "";
  const waitMs = refusals.waitMs(key, uid, deps.clock.nowMs());
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  try {
    const traced = { object: shadow, clusterId: deps.settings.clusterId, peerId: shadow.metadata?.labels?.[ORIGIN] };
    const made = await tracePod(ctx, "create pod", traced, () =>
      deps.client.createIfAbsent(ctx, pods, pod, { fieldManager: FIELD_MANAGER }),
    );
    if (made === undefined) return DONE;
    refusals.forget(key);
    events.normal(ctx, shadow, "CreatedPod", "Successfully created pod from ShadowPod");
    return DONE;
  } catch (error) {
    const message = refusalOf(error);
    if (message === undefined) throw error;
    const { delayMs, isNews } = refusals.add(key, { uid, message }, deps.clock.nowMs());
    if (isNews) ctx.log.info("pod refused", { key, error: message });
    events.warning(ctx, shadow, "FailedCreatePod", message);
    await reportRefusal(ctx, deps, shadow, message);
    return { requeueAfterMs: delayMs };
  }
}

/** Each change by itself; what is refused is tried again, ever later, and at once with the next change. */
async function follow(ctx: Context, work: Work, shadow: ShadowPod): Promise<Result> {
  const { deps, refusals, events } = work;
  const key = formatKey(keyOf(shadow));
  const { uid = "", generation } = shadow.metadata ?? {};
  const version = `${uid} ${generation}`;
  const waitMs = refusals.waitMs(key, version, deps.clock.nowMs());
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
    return { requeueAfterMs: refusals.add(key, { uid: version, message }, deps.clock.nowMs()).delayMs };
  refusals.forget(key);
  await deps.client.patch(ctx, pods, keyOf(pod), "merge", forgeCaughtUp(shadow), { fieldManager: FIELD_MANAGER });
  return DONE;
}

function uidOf({ metadata }: Pod): { uid?: string } {
  return metadata?.uid === undefined ? {} : { uid: metadata.uid };
}

/**
 * Pods of one namespace pair: a ShadowPod goes out, the status comes back. The provider keeps the real pod alive.
 * Upstream: pkg/virtualKubelet/reflection/workload/podns.go
 */
import type { Pod } from "kubernetes-types/core/v1";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { SpanContext } from "#base/tracing/traceparent.ts";
import { shadowInBrief } from "#forge/pod/shadow-changes.ts";
import { forgeShadowPod, type ShadowPodOptions } from "#forge/pod/shadow-pod.ts";
import { forgeRefusedStatus } from "#forge/pod/status.ts";
import { traceOf, withTrace } from "#forge/pod/trace.ts";
import { REFLECTION_FIELD_MANAGER } from "#forge/reflected-metadata.ts";
import { nameTaken } from "#forge/sentences.ts";
import { type Controller, DONE, type Result } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { pods } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isAlreadyExists, isConflict, isForbidden, isInvalid } from "#machinery/status-error.ts";
import type { NamespacePair, ReflectionDeps, Reflector } from "../deps.ts";
import * as messages from "../messages.ts";
import { watchNamed } from "../watch.ts";
import { apiServerAccess } from "./api-server-access.ts";
import { followPod } from "./follow.ts";
import { type PodPlan, type PodSeen, planPod } from "./plan.ts";
import { StatusReporter, writeStatus } from "./status-reporter.ts";
import { traceReflection } from "./trace.ts";

export const podReflector: Reflector = { name: "pod", start: startPodReflector };

const GRACE_RETRY_MS = 1_000;

interface Work {
  readonly deps: ReflectionDeps;
  readonly pair: NamespacePair;
  readonly shadows: Informer<ShadowPod>;
  readonly remotes: Informer<Pod>;
  readonly recorder: EventRecorder;
  readonly reporter: StatusReporter;
}

function startPodReflector(deps: ReflectionDeps, pair: NamespacePair): Controller {
  // What is at the provider is asked for its metadata and its status, the ShadowPod also for what follows the local pod.
  const shadows = pair.remotes.for(shadowPods, { namespace: pair.remote, transform: shadowInBrief });
  const remotes = pair.remotes.for(pods, { namespace: pair.remote, transform: withoutSpec });
  const recorder = deps.events("liqo-pod-reflection");
  const work: Work = { deps, pair, shadows, remotes, recorder, reporter: new StatusReporter(deps, recorder) };
  const atHome = ({ metadata }: Pod | ShadowPod): ObjectKey => ({ namespace: pair.local, name: metadata?.name ?? "" });
  return {
    name: "pod-reflection",
    workers: deps.settings.reflectors.pod.workers,
    watches: [
      watchNamed(deps.localPods, (pod) => (pod.metadata?.namespace === pair.local ? atHome(pod) : undefined)),
      watchNamed(shadows, atHome),
      watchNamed(remotes, atHome),
    ],
    reconcile: async (ctx, key) => {
      deps.metrics.item("pod", pair.local);
      const seen = observe(work, key);
      try {
        return await act(ctx, work, seen, planPod(seen, deps.scope, deps.clock.epochMs()));
      } catch (error) {
        deps.metrics.error("pod", pair.local);
        throw error;
      }
    },
  };
}

function withoutSpec({ spec: _spec, ...pod }: Pod): Pod {
  return pod;
}

function observe({ deps, pair, shadows, remotes }: Work, key: ObjectKey): PodSeen {
  const remoteKey = { namespace: pair.remote, name: key.name };
  return {
    local: deps.localPods.store.get(key),
    shadow: shadows.store.get(remoteKey),
    remote: remotes.store.get(remoteKey),
  };
}

async function act(ctx: Context, work: Work, seen: PodSeen, plan: PodPlan): Promise<Result> {
  const { destination } = work.deps.scope;
  if (seen.local === undefined) work.reporter.forget(seen.remote);
  switch (plan.do) {
    case "nothing":
      return DONE;
    case "foreign":
      await tellTaken(ctx, work, plan.local, nameTaken(destination, work.pair.remote));
      return DONE;
    case "delete-local":
      await deleteLocal(ctx, work, plan.local);
      return DONE;
    case "tell-grace":
      await tellGrace(ctx, work, plan.shadow, plan.annotations);
      return DONE;
    case "await-grace":
      await work.reporter.report(ctx, { ...seen, local: plan.local });
      // What the provider does about it is watched.
      return { requeueAfterMs: GRACE_RETRY_MS };
    case "delete-shadow":
      await work.deps.remote.deleteObserved(ctx, shadowPods, plan.shadow);
      if (plan.local !== undefined) await work.reporter.report(ctx, { ...seen, local: plan.local });
      return DONE;
    case "offload":
      await offload(ctx, work, plan.local);
      return DONE;
    case "keep":
      // What the provider says comes home first: it may refuse what follows, again and again.
      await work.reporter.report(ctx, { ...seen, local: plan.local });
      await followPod(ctx, { ...work, namespace: work.pair.remote, options: optionsOf(work) }, plan.local, plan.shadow);
      return DONE;
    case "report":
      await work.reporter.report(ctx, { ...seen, local: plan.local });
      return DONE;
  }
}

/** One that has not begun waits, and says why. */
async function tellTaken(ctx: Context, { deps, recorder }: Work, local: Pod, message: string): Promise<void> {
  const { phase = "Pending", message: told } = local.status ?? {};
  recorder.warning(ctx, local, messages.FAILED_REFLECTION, message);
  if (phase === "Pending" && told !== message)
    await writeStatus(ctx, deps.local, local, forgeRefusedStatus(local, message, deps.clock.epochMs()));
}

function optionsOf({ deps }: Work): ShadowPodOptions {
  return {
    scope: deps.scope,
    patch: deps.virtualNode()?.spec?.offloadingPatch,
    apiServer: apiServerAccess(deps),
    liqoRuntimeClass: deps.settings.liqoRuntimeClass,
  };
}

function offload(ctx: Context, work: Work, local: Pod): Promise<void> {
  return traceReflection(ctx, "reflect pod", { scope: work.deps.scope, local }, (span) =>
    createShadow(ctx, work, local, span?.context ?? traceOf(local)),
  );
}

async function createShadow(ctx: Context, work: Work, local: Pod, trace: SpanContext | undefined): Promise<void> {
  const { deps, pair, recorder } = work;
  const shadow = withTrace(forgeShadowPod(local, pair.remote, optionsOf(work)), trace);
  try {
    work.shadows.observe(await deps.remote.create(ctx, shadowPods, shadow, { fieldManager: REFLECTION_FIELD_MANAGER }));
    recorder.normal(ctx, local, messages.SUCCESSFUL_REFLECTION, messages.reflected(deps.scope.destination));
  } catch (error) {
    if (ctx.signal.aborted) return;
    if (isAlreadyExists(error)) {
      // Made a moment ago, and neither the answer nor the watch has told yet.
      const present = await deps.remote.find(ctx, shadowPods, keyOf(shadow));
      if (present !== undefined) work.shadows.observe(present);
      return;
    }
    const message = messages.failed(deps.scope.destination, messageOf(error));
    recorder.warning(ctx, local, messages.FAILED_REFLECTION, message);
    if (isForbidden(error) || isInvalid(error)) {
      // The pod shows why it waits; the queue's back-off asks again, since quotas get free.
      await writeStatus(ctx, deps.local, local, forgeRefusedStatus(local, message, deps.clock.epochMs()));
    }
    throw error;
  }
}

async function tellGrace(
  ctx: Context,
  { deps, shadows }: Work,
  shadow: ShadowPod,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  const body = { metadata: { uid: shadow.metadata?.uid, annotations } };
  const options = { fieldManager: REFLECTION_FIELD_MANAGER };
  try {
    shadows.observe(await deps.remote.patch(ctx, shadowPods, keyOf(shadow), "merge", body, options));
  } catch (error) {
    // The pod then ends as its spec says: better than not at all.
    ctx.log.info("grace period not told", { ...keyOf(shadow), error: messageOf(error) });
    await deps.remote.deleteObserved(ctx, shadowPods, shadow);
  }
}

/** The last step of a kubelet: with no container left, the pod itself goes. */
async function deleteLocal(ctx: Context, { deps, recorder }: Work, local: Pod): Promise<void> {
  try {
    await deps.local.deleteObserved(ctx, pods, local, { gracePeriodSeconds: 0 });
  } catch (error) {
    // Another pod of that name already.
    if (isConflict(error)) return;
    recorder.warning(ctx, local, messages.FAILED_DELETION, messages.deletionFailed(messageOf(error)));
    throw error;
  }
}

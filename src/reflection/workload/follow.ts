/**
 * Brings later changes of a local pod to its ShadowPod: labels, annotations, and what Kubernetes lets change in the spec.
 * Upstream: pkg/virtualKubelet/reflection/workload/podns.go (UpdateShadowPod), labels and annotations only.
 */
import type { Pod } from "kubernetes-types/core/v1";
import { TRACEPARENT } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { type ShadowChange, shadowChanges } from "#forge/pod/shadow-changes.ts";
import { forgeShadowMetadata, type ShadowPodOptions } from "#forge/pod/shadow-pod.ts";
import { REFLECTION_FIELD_MANAGER } from "#forge/reflected-metadata.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import { contains } from "#machinery/contains.ts";
import { keyOf } from "#machinery/meta.ts";
import type { ReflectionDeps } from "../deps.ts";
import * as messages from "../messages.ts";
import { traceReflection } from "./trace.ts";

const OPTIONS = { fieldManager: REFLECTION_FIELD_MANAGER };

export interface Follower {
  readonly deps: ReflectionDeps;
  readonly recorder: EventRecorder;
  readonly namespace: string;
  readonly options: ShadowPodOptions;
}

/** Throws the first refusal, once everything else has been brought over. */
export async function followPod(ctx: Context, follower: Follower, local: Pod, shadow: ShadowPod): Promise<void> {
  if (local.metadata?.labels?.[labels.REMOTE_UNAVAILABLE] === "true") return;
  const { deps, recorder } = follower;
  const failures: unknown[] = [];
  const attempt = async (body: ReturnType<typeof metadataPatch> | ShadowChange): Promise<void> => {
    try {
      const type = Array.isArray(body) ? "json" : "merge";
      await traceReflection(ctx, "follow pod", { scope: deps.scope, local, shadow }, () =>
        deps.remote.patch(ctx, shadowPods, keyOf(shadow), type, body, OPTIONS),
      );
      recorder.normal(ctx, local, messages.SUCCESSFUL_REFLECTION, messages.reflected(deps.scope.destination));
    } catch (error) {
      if (ctx.signal.aborted) return;
      recorder.warning(
        ctx,
        local,
        messages.FAILED_REFLECTION,
        messages.failed(deps.scope.destination, messageOf(error)),
      );
      failures.push(error);
    }
  };
  const metadata = metadataPatch(follower, local, shadow);
  if (metadata !== undefined) await attempt(metadata);
  for (const change of shadowChanges(local, shadow, follower.options)) await attempt(change);
  if (failures.length > 0) throw failures[0];
}

function metadataPatch({ deps, namespace }: Follower, local: Pod, shadow: ShadowPod): object | undefined {
  const wanted = forgeShadowMetadata(local, namespace, deps.scope);
  const gone = {
    labels: nullsFor(shadow.metadata?.labels, wanted.labels, [labels.CREATOR_USER]),
    annotations: nullsFor(shadow.metadata?.annotations, wanted.annotations, [TRACEPARENT]),
  };
  const hasGone = Object.keys(gone.labels).length > 0 || Object.keys(gone.annotations).length > 0;
  if (!hasGone && contains(shadow.metadata, { labels: wanted.labels, annotations: wanted.annotations }))
    return undefined;
  return {
    metadata: {
      uid: shadow.metadata?.uid,
      labels: { ...gone.labels, ...wanted.labels },
      annotations: { ...gone.annotations, ...wanted.annotations },
    },
  };
}

/** How a merge patch removes what is no longer wanted, except what the provider or the first reflection added. */
function nullsFor(
  before: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>> | undefined,
  kept: readonly string[],
): Record<string, null> {
  const stale = Object.keys(before ?? {}).filter((key) => wanted?.[key] === undefined && !kept.includes(key));
  return Object.fromEntries(stale.map((key) => [key, null]));
}

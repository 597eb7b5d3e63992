/** Steps of reflection in the trace of a pod, which is followed until it is Ready and not as long as it lives. */
import type { Pod } from "kubernetes-types/core/v1";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import type { Context } from "#base/context.ts";
import type { Span } from "#base/tracing/tracer.ts";
import { traceOf, tracePod } from "#forge/pod/trace.ts";
import type { ReflectionScope } from "#forge/reflected-metadata.ts";
import { isReady } from "#machinery/pod.ts";

export interface TracedReflection {
  readonly scope: ReflectionScope;
  readonly local: Pod;
  readonly shadow?: ShadowPod | undefined;
}

export function traceReflection<T>(
  ctx: Context,
  step: string,
  { scope, local, shadow }: TracedReflection,
  run: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (isReady(local)) return run(undefined);
  // The ShadowPod says that its reflection came before, the pod only where the trace began.
  const { annotations } = (traceOf(shadow) === undefined ? local : shadow)?.metadata ?? {};
  const object = { metadata: { ...local.metadata, ...(annotations !== undefined && { annotations }) } };
  return tracePod(ctx, step, { object, clusterId: scope.origin, peerId: scope.destination }, run);
}

/**
 * Steps of an offloaded pod in one trace through both clusters. It begins at the consumer's webhook, which writes into the
 * pod what the next step is a part of; reflection does so in the ShadowPod, since annotations of Liqo's stay at home.
 */
import { TRACEPARENT } from "#api/annotations.ts";
import type { Context } from "#base/context.ts";
import type { Attributes } from "#base/tracing/otlp.ts";
import { formatTraceparent, parseTraceparent, type SpanContext } from "#base/tracing/traceparent.ts";
import { type Span, traced } from "#base/tracing/tracer.ts";
import type { KubeObject } from "#machinery/meta.ts";

/** A pod or ShadowPod, and between whom it goes: the cluster that the step is done in and the other one. */
export interface TracedPod {
  readonly object: KubeObject;
  readonly clusterId: string;
  /** Not known before the pod is scheduled. */
  readonly peerId?: string | undefined;
}

export function podAttributes({ object, clusterId, peerId }: TracedPod): Attributes {
  const { namespace, name, generateName } = object.metadata ?? {};
  const called = name ?? generateName;
  return {
    ...(namespace !== undefined && { "k8s.namespace.name": namespace }),
    ...(called !== undefined && { "k8s.pod.name": called }),
    "liqo.cluster_id": clusterId,
    ...(peerId !== undefined && { "liqo.peer_id": peerId }),
  };
}

/** What the next step is a part of; undefined: the pod is not traced. */
export function traceOf(object: KubeObject | undefined): SpanContext | undefined {
  return parseTraceparent(object?.metadata?.annotations?.[TRACEPARENT]);
}

export function withTrace<T extends KubeObject>(object: T, context: SpanContext | undefined): T {
  if (context === undefined) return object;
  const annotations = { ...object.metadata?.annotations, [TRACEPARENT]: formatTraceparent(context) };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** Does a step of a pod that is traced within a span; of any other pod without. */
export function tracePod<T>(
  ctx: Context,
  step: string,
  pod: TracedPod,
  run: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  const parent = traceOf(pod.object);
  return parent === undefined ? run(undefined) : traced(ctx, step, { parent, attributes: podAttributes(pod) }, run);
}

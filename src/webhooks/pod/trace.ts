/** Where the trace of an offloaded pod begins. */
import type { Context } from "#base/context.ts";
import { podAttributes, traceOf, withTrace } from "#forge/pod/trace.ts";
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import type { PatchOperation } from "#kube/webhook-server/server.ts";
import type { KubeObject } from "#machinery/meta.ts";

/** Goes on with the trace that the pod's maker has written into it, if any. What is returned ends the step and says so in the pod. */
export function beginTrace(
  ctx: Context,
  { object, namespace, dryRun }: AdmissionRequest,
  clusterId: string,
): () => PatchOperation[] {
  const pod: KubeObject = {
    ...object,
    metadata: { ...object?.metadata, ...(namespace !== undefined && { namespace }) },
  };
  const options = { parent: traceOf(pod), attributes: podAttributes({ object: pod, clusterId }) };
  const span = dryRun === true ? undefined : ctx.tracer?.start("admit pod", options);
  return () => {
    if (span === undefined) return [];
    span.end();
    const { annotations } = withTrace(pod, span.context).metadata ?? {};
    return [{ op: "add", path: "/metadata/annotations", value: annotations }];
  };
}

/** How long a ShadowPod that is traced was looked at before it was taken, or why it was not. */
import * as labels from "#api/labels.ts";
import { tracePod } from "#forge/pod/trace.ts";
import type { AdmissionHandler } from "#kube/webhook-server/server.ts";

export function tracedAdmission(step: string, clusterId: string, admit: AdmissionHandler): AdmissionHandler {
  return async (ctx, request) => {
    const { object } = request;
    if (request.operation !== "CREATE" || object === undefined || object === null) return admit(ctx, request);
    const peerId = object.metadata?.labels?.[labels.ORIGIN];
    return tracePod(ctx, step, { object, clusterId, peerId }, async (span) => {
      const answer = await admit(ctx, request);
      if (!answer.allowed) span?.fail(answer.message ?? "denied");
      return answer;
    });
  };
}

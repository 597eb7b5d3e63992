/** Records who made a ShadowPod. Upstream: pkg/webhooks/shadowpod (Mutator) */
import * as labels from "#api/labels.ts";
import { type AdmissionAnswer, type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import type { KubeObject } from "#machinery/meta.ts";

export const mutateShadowPod: AdmissionHandler = async (_ctx, request) => {
  const object = request.object;
  if (object === undefined || object === null) return ALLOWED;
  const creator = escapeUser(request.userInfo.username);
  if (request.operation === "CREATE") return withCreator(object, creator);
  const before = request.oldObject?.metadata?.labels?.[labels.CREATOR_USER];
  const after = object.metadata?.labels?.[labels.CREATOR_USER];
  // Upstream's virtual kubelet writes labels forged from the local pod, which does not have it.
  if (after === undefined && before !== undefined && before === creator) return withCreator(object, creator);
  return before === after ? ALLOWED : denied(`label ${labels.CREATOR_USER} is immutable`);
};

function withCreator({ metadata }: KubeObject, creator: string): AdmissionAnswer {
  const value = { ...metadata?.labels, [labels.CREATOR_USER]: creator };
  return { allowed: true, patch: [{ op: "add", path: "/metadata/labels", value }] };
}

/** User names may hold characters that label values may not. */
function escapeUser(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}

/** Upstream: pkg/webhooks/resourceslice */

import * as annotations from "#api/annotations.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import type { Deps } from "../deps.ts";

const TENANT_GROUP = "liqo.io";

export function validateResourceSlice(deps: Deps): AdmissionHandler {
  const informer = deps.informers.for(resourceSlices);
  return async (_ctx, request) => {
    const slice = request.object as ResourceSlice | undefined;
    if (slice === undefined) return ALLOWED;
    const before = (request.oldObject ?? undefined) as ResourceSlice | undefined;
    if (before !== undefined) {
      const provider = before.spec?.providerClusterID;
      if (provider !== undefined && provider !== slice.spec?.providerClusterID)
        return denied("spec.providerClusterID is immutable");
      if (request.userInfo.groups?.includes(TENANT_GROUP) === true) return tenantAnswer(slice, before);
      return ALLOWED;
    }
    const isReplica = slice.metadata?.labels?.[labels.REPLICATED] === "true";
    const isTaken = informer.store
      .list()
      .some(
        ({ metadata }) =>
          metadata?.name === request.name &&
          metadata?.namespace !== request.namespace &&
          metadata?.labels?.[labels.REPLICATED] !== "true",
      );
    return !isReplica && isTaken
      ? denied(`a ResourceSlice named ${request.name} already exists in another namespace; the Node takes its name`)
      : ALLOWED;
  };
}

/** A remote tenant must not free itself from a cordon. */
function tenantAnswer(slice: ResourceSlice, before: ResourceSlice): ReturnType<typeof denied> {
  const changed = (key: string, field: "labels" | "annotations"): boolean =>
    slice.metadata?.[field]?.[key] !== before.metadata?.[field]?.[key];
  if (changed(labels.REMOTE_CLUSTER_ID, "labels"))
    return denied(`label ${labels.REMOTE_CLUSTER_ID} cannot be changed by a tenant`);
  if (changed(annotations.CORDON, "annotations"))
    return denied(`annotation ${annotations.CORDON} cannot be changed by a tenant`);
  return ALLOWED;
}

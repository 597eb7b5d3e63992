/** Names and providers of slices; what tenants may write of them is `../replica/validate.ts`. Upstream: pkg/webhooks/resourceslice */
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { isReplica } from "#api/predicates.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../deps.ts";
import { replicaProblem } from "../replica/validate.ts";

export function validateResourceSlice(deps: Deps): AdmissionHandler {
  const informer = deps.informers.for(resourceSlices);
  const tenants = new TenantNamespaces(deps.informers);
  return async (_ctx, request) => {
    const problem = replicaProblem(request, tenants.peerOf(request.namespace));
    if (problem !== undefined) return denied(problem);
    const slice = request.object as ResourceSlice | undefined;
    if (slice === undefined) return ALLOWED;
    const before = (request.oldObject ?? undefined) as ResourceSlice | undefined;
    if (before !== undefined) {
      const provider = before.spec?.providerClusterID;
      if (provider !== undefined && provider !== slice.spec?.providerClusterID)
        return denied("spec.providerClusterID is immutable");
      return ALLOWED;
    }
    const isTaken = informer.store
      .list()
      .some(
        (other) =>
          other.metadata?.name === request.name && other.metadata?.namespace !== request.namespace && !isReplica(other),
      );
    return !isReplica(slice) && isTaken
      ? denied(`a ResourceSlice named ${request.name} already exists in another namespace; the Node takes its name`)
      : ALLOWED;
  };
}

/** On the provider: copies the tenant's present credentials into its Renew. Upstream: pkg/liqo-controller-manager/authentication/remoterenew-controller */

import { renews } from "#api/authentication/renew.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { isReplica } from "#api/predicates.ts";
import { type Controller, DONE, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { keyOf } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";

export function renewController(deps: Deps): Controller {
  const informer = deps.informers.for(renews);
  const tenantInformer = deps.informers.for(tenants);
  const tenantNamespaces = new TenantNamespaces(deps.informers);
  return {
    name: "renew",
    watches: [
      watchFor(informer, isReplica),
      watchMapped(tenantInformer, ({ metadata }) => informer.store.list(metadata?.namespace).map(keyOf)),
      tenantNamespaces.watch((namespace) => informer.store.list(namespace).map(keyOf)),
    ],
    reconcile: async (ctx, key) => {
      const renew = informer.store.get(key);
      if (renew === undefined || !isReplica(renew)) return DONE;
      const peer = tenantNamespaces.peerOf(key.namespace);
      const tenant = tenantInformer.store.list(key.namespace).find(({ spec }) => spec?.clusterID === peer);
      const authParams = tenant?.status?.authParams;
      if (authParams === undefined || jsonEquals(authParams, renew.status?.authParams)) return DONE;
      await deps.client.patch(ctx, renews, key, "merge", { status: { authParams } }, { subresource: "status" });
      return DONE;
    },
  };
}

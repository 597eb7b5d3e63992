/**
 * On the provider: copies the tenant's present credentials into its Renew. Writes the status of Renews.
 * Upstream: pkg/liqo-controller-manager/authentication/remoterenew-controller
 */
import { type Renew, renews } from "#api/authentication/renew.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";

interface Work {
  readonly deps: Deps;
  readonly renews: Informer<Renew>;
  readonly tenants: Informer<Tenant>;
  readonly tenantNamespaces: TenantNamespaces;
}

export function renewController(deps: Deps): Controller {
  const work: Work = {
    deps,
    renews: deps.informers.for(renews),
    tenants: deps.informers.for(tenants),
    tenantNamespaces: new TenantNamespaces(deps.informers),
  };
  const renewsIn = (namespace?: string): ObjectKey[] => work.renews.store.list(namespace).map(keyOf);
  return {
    name: "renew",
    watches: [
      watchFor(work.renews, isReplica),
      watchMapped(work.tenants, ({ metadata }) => renewsIn(metadata?.namespace)),
      work.tenantNamespaces.watch(renewsIn),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const renew = work.renews.store.get(key);
  if (renew === undefined || !isReplica(renew)) return DONE;
  const peer = work.tenantNamespaces.peerOf(key.namespace);
  const tenant = work.tenants.store.list(key.namespace).find(({ spec }) => spec?.clusterID === peer);
  const authParams = tenant?.status?.authParams;
  if (authParams === undefined || jsonEquals(authParams, renew.status?.authParams)) return DONE;
  await work.deps.client.patch(ctx, renews, key, "merge", { status: { authParams } }, { subresource: "status" });
  return DONE;
}

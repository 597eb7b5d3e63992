/**
 * On the provider: creates and deletes the twin namespaces that a replicated NamespaceMap asks for. Whose they are says the
 * tenant namespace that the map lies in, not the map; one that it did not create is never touched. Writes NamespaceMaps,
 * Namespaces and RoleBindings. Upstream: pkg/liqo-controller-manager/offloading/namespacemap-controller
 */
import type { Namespace } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { NAMESPACE_MAP as FINALIZER } from "#api/finalizers.ts";
import { type NamespaceMap, namespaceMaps } from "#api/offloading/namespace.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { namespaces } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey, parseKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { managedAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { planSurplus } from "./plan.ts";
import { isManagedBy, Twins } from "./twins.ts";

interface Work {
  readonly deps: Deps;
  readonly maps: Informer<NamespaceMap>;
  readonly namespaces: Informer<Namespace>;
  readonly tenants: TenantNamespaces;
  readonly twins: Twins;
}

export function namespaceMapController(deps: Deps): Controller {
  const work: Work = {
    deps,
    maps: deps.informers.for(namespaceMaps),
    namespaces: deps.informers.for(namespaces),
    tenants: new TenantNamespaces(deps.informers),
    twins: new Twins(deps, deps.events("namespacemap-controller")),
  };
  return {
    name: "namespacemap",
    watches: [
      watchFor(work.maps, isReplica),
      work.tenants.watch((namespace) => work.maps.store.list(namespace).filter(isReplica).map(keyOf)),
      watchMapped(work.namespaces, mapsOf),
      watchMapped(managedAccounts(deps).roleBindings, ({ metadata }) =>
        mapsOf(work.namespaces.store.get({ name: metadata?.namespace ?? "" })),
      ),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

function mapsOf(twin: Namespace | undefined): ObjectKey[] {
  const owner = twin?.metadata?.annotations?.[annotations.MANAGED_BY_NAMESPACE_MAP];
  return owner === undefined ? [] : [parseKey(owner)];
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, tenants, twins } = work;
  const found = work.maps.store.get(key);
  if (found === undefined || !isReplica(found)) return DONE;
  const isGoing = found.metadata?.deletionTimestamp !== undefined;
  const consumerId = tenants.peerOf(key.namespace);
  if (consumerId === undefined && !isGoing) return DONE;
  const map = isGoing ? found : await ensureFinalizer(ctx, deps.client, namespaceMaps, found, FINALIZER);
  const desired = isGoing ? {} : (map.spec?.desiredMapping ?? {});
  const managed = work.namespaces.store.list().filter((namespace) => isManagedBy(namespace, map));
  const { mapping, retryMs, failures } = await twins.ensure(ctx, { map, consumerId: consumerId ?? "", desired });
  for (const { origin, remote, twin } of planSurplus(managed, desired)) {
    mapping[origin] = { remoteNamespace: remote, phase: "Terminating" };
    if (twin.metadata?.deletionTimestamp === undefined)
      await deps.client.deleteObserved(ctx, namespaces, twin).catch((error: unknown) => failures.push(error));
  }
  if (isGoing && managed.length === 0) {
    await removeFinalizer(ctx, deps.client, namespaceMaps, map, FINALIZER);
    return DONE;
  }
  // An empty answer is said, too: at a consumer that was drained meanwhile an older one stands until there is a newer.
  if (!jsonEquals(mapping, map.status?.currentMapping))
    await deps.client.updateStatus(ctx, namespaceMaps, { ...map, status: { currentMapping: mapping } });
  if (failures.length > 0) throw failures[0];
  return retryMs === undefined ? DONE : { requeueAfterMs: retryMs };
}

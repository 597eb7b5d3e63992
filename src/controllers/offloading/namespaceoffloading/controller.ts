/**
 * Extends a namespace to the selected peers through their NamespaceMaps. Writes NamespaceOffloadings, NamespaceMaps, the
 * label of Namespaces, RoleBindings, and tolerations of early Pods.
 * Upstream: pkg/liqo-controller-manager/offloading/namespaceoffloading-controller
 */
import type { Namespace } from "kubernetes-types/core/v1";
import type { RoleBinding } from "kubernetes-types/rbac/v1";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import { NAMESPACE_OFFLOADING as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import {
  type NamespaceMap,
  type NamespaceOffloading,
  namespaceMaps,
  namespaceOffloadings,
  OFFLOADING_NAME,
} from "#api/offloading/namespace.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { isVkNamespaceBinding } from "#forge/virtualnode-rights.ts";
import { type Controller, DONE, type Result, type Watch, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { namespaces, roleBindings } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { isSilent } from "#trust/reach.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { managedAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { tolerateEarlyPods } from "./early-pods.ts";
import { offloadingHints } from "./hints.ts";
import { planLeave, twinLeft } from "./leave.ts";
import { type Mapping, type Plan, planOffloading } from "./plan.ts";
import { planRights } from "./rights.ts";
import { offloadingStatus } from "./status.ts";

interface Work {
  readonly deps: Deps;
  readonly offloadings: Informer<NamespaceOffloading>;
  readonly maps: Informer<NamespaceMap>;
  readonly nodes: Informer<VirtualNode>;
  readonly bindings: Informer<RoleBinding>;
  readonly peers: Informer<ForeignCluster>;
  readonly namespaces: Informer<Namespace>;
  readonly tenants: TenantNamespaces;
  readonly events: EventRecorder;
}

export function namespaceOffloadingController(deps: Deps): Controller {
  const work: Work = {
    deps,
    offloadings: deps.informers.for(namespaceOffloadings),
    maps: deps.informers.for(namespaceMaps),
    nodes: deps.informers.for(virtualNodes),
    bindings: managedAccounts(deps).roleBindings,
    peers: deps.informers.for(foreignClusters),
    namespaces: deps.informers.for(namespaces),
    tenants: new TenantNamespaces(deps.informers),
    events: deps.events("namespaceoffloading-controller"),
  };
  return {
    name: "namespaceoffloading",
    watches: watchesOf(work),
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

function watchesOf(work: Work): Watch[] {
  const { tenants } = work;
  const keyIn = (namespace = ""): ObjectKey => ({ namespace, name: OFFLOADING_NAME });
  const everyOne = (): ObjectKey[] => work.offloadings.store.list().map(keyOf);
  const leaving = (): ObjectKey[] =>
    work.offloadings.store
      .list()
      .filter(
        ({ metadata }) => metadata?.deletionTimestamp !== undefined || isNamespaceGoing(work, metadata?.namespace),
      )
      .map(keyOf);
  return [
    watchFor(work.offloadings, ({ metadata }) => metadata?.name === OFFLOADING_NAME),
    watchMapped(work.maps, everyOne),
    // Namespaces come and go all the time; few are tenant namespaces.
    tenants.watch((name) => (tenants.peerOf(name) === undefined ? [] : everyOne())),
    watchMapped(work.nodes, everyOne),
    watchMapped(work.peers, leaving),
    watchMapped(work.namespaces, ({ metadata }) =>
      isNamespaceGoing(work, metadata?.name) ? [keyIn(metadata?.name)] : [],
    ),
    watchMapped(work.bindings, ({ metadata }) => [keyIn(metadata?.namespace)]),
  ];
}

function isNamespaceGoing({ namespaces: informer }: Work, name = ""): boolean {
  return informer.store.get({ name })?.metadata?.deletionTimestamp !== undefined;
}

function isPeerSilent({ peers }: Work, peer: string): boolean {
  return isSilent(peers.store.get({ name: peer }));
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps } = work;
  const found = work.offloadings.store.get(key);
  if (found === undefined || key.name !== OFFLOADING_NAME) return DONE;
  const namespace = key.namespace ?? "";
  const maps = work.maps.store
    .list()
    .filter((map) => isOwnNamespaceMap(map, work.tenants.peerOf(map.metadata?.namespace)));
  const isGoing = found.metadata?.deletionTimestamp !== undefined;
  const offloading = isGoing ? found : await ensureFinalizer(ctx, deps.client, namespaceOffloadings, found, FINALIZER);
  const plan = planOffloading({
    offloading,
    nodes: work.nodes.store.list(),
    maps,
    isNamespaceGoing: isNamespaceGoing(work, namespace),
    isSilent: (peer) => isPeerSilent(work, peer),
    clusterId: deps.settings.clusterId,
  });
  await labelNamespace(ctx, deps, namespace, plan.isRemote);
  const againMs = plan.isRemote ? await tolerateEarlyPods(ctx, deps, offloading) : undefined;
  // Before the mapping: reflection begins as soon as the provider has accepted it.
  await ensureRights(ctx, work, namespace, { maps, required: plan.required });
  for (const mapping of plan.mappings) await writeMapping(ctx, deps, namespace, mapping);
  if (plan.isGoing && (await finalize(ctx, work, offloading, maps))) return DONE;
  await report(ctx, work, offloading, { maps, plan });
  // A selected peer without its map yet: the map's creation brings us back.
  return againMs === undefined ? DONE : { requeueAfterMs: againMs };
}

async function ensureRights(
  ctx: Context,
  { deps, nodes, bindings }: Work,
  namespace: string,
  { maps, required }: { readonly maps: readonly NamespaceMap[]; readonly required: ReadonlySet<string> },
): Promise<void> {
  const present = bindings.store.list(namespace);
  const rights = planRights({ namespace, required, nodes: nodes.store.list(), maps, bindings: present });
  for (const binding of rights.grant) await deps.client.apply(ctx, roleBindings, binding);
  for (const binding of rights.revoke) await deps.client.deleteIfPresent(ctx, roleBindings, keyOf(binding));
}

/** Whether nothing is left to wait for. */
async function finalize(
  ctx: Context,
  work: Work,
  offloading: NamespaceOffloading,
  maps: readonly NamespaceMap[],
): Promise<boolean> {
  const { deps, bindings, events } = work;
  const namespace = offloading.metadata?.namespace ?? "";
  const plan = planLeave(namespace, maps, (peer) => isPeerSilent(work, peer));
  if (plan.do === "wait") return false;
  for (const binding of bindings.store.list(namespace).filter(isVkNamespaceBinding))
    await deps.client.deleteIfPresent(ctx, roleBindings, keyOf(binding));
  for (const { map, remote } of plan.owed) events.warning(ctx, map, "TwinLeft", twinLeft(map, namespace, remote));
  await removeFinalizer(ctx, deps.client, namespaceOffloadings, offloading, FINALIZER);
  return true;
}

async function report(
  ctx: Context,
  { deps, events }: Work,
  offloading: NamespaceOffloading,
  { maps, plan }: { readonly maps: readonly NamespaceMap[]; readonly plan: Plan },
): Promise<void> {
  const status = offloadingStatus(offloading, maps, plan, deps.clock.epochMs());
  if (jsonEquals(status, offloading.status)) return;
  await deps.client.updateStatus(ctx, namespaceOffloadings, { ...offloading, status });
  for (const { reason, message } of offloadingHints(offloading.status, status))
    events.warning(ctx, offloading, reason, message);
}

async function labelNamespace(ctx: Context, deps: Deps, name: string, wanted: boolean): Promise<void> {
  const namespace = await deps.client.find(ctx, namespaces, { name });
  if (namespace === undefined) return;
  const isLabelled = namespace.metadata?.labels?.[labels.SCHEDULING_ENABLED] === "true";
  if (isLabelled === wanted) return;
  await deps.client.patch(ctx, namespaces, { name }, "merge", {
    metadata: { labels: { [labels.SCHEDULING_ENABLED]: wanted ? "true" : null } },
  });
}

async function writeMapping(ctx: Context, deps: Deps, namespace: string, { map, remote }: Mapping): Promise<void> {
  const body = { spec: { desiredMapping: { [namespace]: remote ?? null } } };
  await deps.client.patch(ctx, namespaceMaps, keyOf(map), "merge", body).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

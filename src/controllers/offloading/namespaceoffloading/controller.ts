/**
 * Extends a namespace to the selected peers through their NamespaceMaps.
 * Upstream: pkg/liqo-controller-manager/offloading/namespaceoffloading-controller
 */
import type { Node } from "kubernetes-types/core/v1";
import { foreignClusters } from "#api/core/foreigncluster.ts";
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
import { remoteNamespaceName } from "#forge/names.ts";
import { isVkNamespaceBinding } from "#forge/virtualnode-rights.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { namespaces, roleBindings } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { matchesNodeSelector } from "#machinery/node-affinity.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { isOwnNamespaceMap } from "#trust/namespace-map.ts";
import { isSilent } from "#trust/reach.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { managedAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { tolerateEarlyPods } from "./early-pods.ts";
import { offloadingHints } from "./hints.ts";
import { planLeave, stillRequired, twinLeft } from "./leave.ts";
import { planRights } from "./rights.ts";
import { offloadingStatus } from "./status.ts";

export function namespaceOffloadingController(deps: Deps): Controller {
  const informer = deps.informers.for(namespaceOffloadings);
  const maps = deps.informers.for(namespaceMaps);
  const nodes = deps.informers.for(virtualNodes);
  const bindings = managedAccounts(deps).roleBindings;
  const peers = deps.informers.for(foreignClusters);
  const tenants = new TenantNamespaces(deps.informers);
  const events = deps.events("namespaceoffloading-controller");
  const everyOne = (): ReturnType<typeof keyOf>[] => informer.store.list().map(keyOf);
  const namespaceInformer = deps.informers.for(namespaces);
  const isNamespaceGoing = (name = ""): boolean =>
    namespaceInformer.store.get({ name })?.metadata?.deletionTimestamp !== undefined;
  const isPeerSilent = (peer: string): boolean => isSilent(peers.store.get({ name: peer }));
  const leaving = (): ReturnType<typeof keyOf>[] =>
    informer.store
      .list()
      .filter(({ metadata }) => metadata?.deletionTimestamp !== undefined || isNamespaceGoing(metadata?.namespace))
      .map(keyOf);
  return {
    name: "namespaceoffloading",
    watches: [
      watchFor(informer, ({ metadata }) => metadata?.name === OFFLOADING_NAME),
      watchMapped(maps, everyOne),
      // Namespaces come and go all the time; few are tenant namespaces.
      tenants.watch((name) => (tenants.peerOf(name) === undefined ? [] : everyOne())),
      watchMapped(nodes, everyOne),
      watchMapped(peers, leaving),
      watchMapped(namespaceInformer, ({ metadata: { name = "" } = {} }) =>
        isNamespaceGoing(name) ? [{ namespace: name, name: OFFLOADING_NAME }] : [],
      ),
      watchMapped(bindings, ({ metadata }) => [{ namespace: metadata?.namespace ?? "", name: OFFLOADING_NAME }]),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const found = informer.store.get(key);
      if (found === undefined || key.name !== OFFLOADING_NAME) return DONE;
      const namespace = key.namespace ?? "";
      const ours = maps.store.list().filter((map) => isOwnNamespaceMap(map, tenants.peerOf(map.metadata?.namespace)));
      const isGoing = found.metadata?.deletionTimestamp !== undefined;
      const offloading = isGoing
        ? found
        : await ensureFinalizer(ctx, deps.client, namespaceOffloadings, found, FINALIZER);
      const isRemote = !isGoing && (offloading.spec?.podOffloadingStrategy ?? "LocalAndRemote") !== "Local";
      await labelNamespace(ctx, deps, namespace, isRemote);
      const againMs = isRemote ? await tolerateEarlyPods(ctx, deps, offloading) : undefined;
      const selected = isGoing ? new Set<string>() : selectPeers(offloading, nodes.store.list());
      const required = stillRequired(selected, isNamespaceGoing(namespace), isPeerSilent);
      const remoteName = remoteNamespaceName(
        namespace,
        deps.settings.clusterId,
        offloading.spec?.namespaceMappingStrategy,
        offloading.spec?.remoteNamespaceName,
      );
      const rights = planRights({
        ...{ namespace, required },
        nodes: nodes.store.list(),
        maps: ours,
        bindings: bindings.store.list(namespace),
      });
      // Before the mapping: reflection begins as soon as the provider has accepted it.
      for (const binding of rights.grant) await deps.client.apply(ctx, roleBindings, binding);
      for (const binding of rights.revoke) await deps.client.deleteIfPresent(ctx, roleBindings, keyOf(binding));
      for (const map of ours)
        await writeMapping(ctx, deps, map, namespace, required.has(map.metadata?.name ?? "") ? remoteName : undefined);
      const status = offloadingStatus(offloading, ours, required, remoteName, deps.nowMs());
      const leave = planLeave(namespace, ours, isPeerSilent);
      if (isGoing && leave.do === "go") {
        for (const binding of bindings.store.list(namespace).filter(isVkNamespaceBinding))
          await deps.client.deleteIfPresent(ctx, roleBindings, keyOf(binding));
        for (const { map, remote } of leave.owed)
          events.warning(ctx, map, "TwinLeft", twinLeft(map, namespace, remote));
        await removeFinalizer(ctx, deps.client, namespaceOffloadings, offloading, FINALIZER);
        return DONE;
      }
      if (!jsonEquals(status, offloading.status)) {
        await deps.client.updateStatus(ctx, namespaceOffloadings, { ...offloading, status });
        for (const { reason, message } of offloadingHints(offloading.status, status))
          events.warning(ctx, offloading, reason, message);
      }
      // A selected peer without its map yet: the map's creation brings us back.
      return againMs === undefined ? DONE : { requeueAfterMs: againMs };
    },
  };
}

/** Peers with at least one VirtualNode that the selector matches; no terms select everybody. */
export function selectPeers(offloading: NamespaceOffloading, nodes: readonly VirtualNode[]): Set<string> {
  const selector = offloading.spec?.clusterSelector;
  const hasTerms = (selector?.nodeSelectorTerms ?? []).length > 0;
  const chosen = nodes.filter(
    (node) =>
      node.metadata?.deletionTimestamp === undefined &&
      (!hasTerms || selector === undefined || matchesNodeSelector(selector, fakeNode(node))),
  );
  return new Set(chosen.map(({ spec }) => spec?.clusterID ?? ""));
}

/** The Node that the VirtualNode will become, as far as selectors look. */
function fakeNode({ metadata, spec }: VirtualNode): Node {
  const own = { [labels.TYPE]: labels.TYPE_VIRTUAL_NODE, [labels.REMOTE_CLUSTER_ID]: spec?.clusterID ?? "" };
  return { metadata: { name: metadata?.name ?? "", labels: { ...own, ...spec?.labels } } };
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

async function writeMapping(
  ctx: Context,
  deps: Deps,
  map: NamespaceMap,
  namespace: string,
  remote: string | undefined,
): Promise<void> {
  if (map.spec?.desiredMapping?.[namespace] === remote || map.metadata?.deletionTimestamp !== undefined) return;
  try {
    await deps.client.patch(ctx, namespaceMaps, keyOf(map), "merge", {
      spec: { desiredMapping: { [namespace]: remote ?? null } },
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

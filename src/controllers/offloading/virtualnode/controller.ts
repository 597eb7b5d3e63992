/**
 * Runs a virtual kubelet for each VirtualNode and drains the Node when it goes.
 * Upstream: pkg/liqo-controller-manager/offloading/virtualnode-controller
 */

import { foreignClusters } from "#api/core/foreigncluster.ts";
import { VIRTUAL_NODE as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { forgeNamespaceMap, forgeVkDeployment, forgeVkServiceAccount } from "#forge/virtualnode-objects.ts";
import {
  bindingNameOf,
  forgeVkClusterBinding,
  forgeVkOwnBindings,
  isVkNamespaceBinding,
} from "#forge/virtualnode-rights.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { clusterRoleBindings, deployments, nodes, roleBindings, serviceAccounts } from "#machinery/builtin.ts";
import { withCondition } from "#machinery/conditions.ts";
import { keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import { isGivenUp } from "#trust/reach.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { managedAccounts, watchAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { drainNode } from "./drain.ts";

const DRAIN_POLL_MS = 500;

type NodeCondition = NonNullable<NonNullable<VirtualNode["status"]>["conditions"]>[number];

export function virtualNodeController(deps: Deps): Controller {
  const informer = deps.informers.for(virtualNodes);
  const configs = deps.informers.for(configurations);
  const deploymentInformer = deps.informers.for(deployments, { labelSelector: labels.VIRTUAL_NODE });
  const maps = deps.informers.for(namespaceMaps);
  const foreign = deps.informers.for(foreignClusters);
  const nodeInformer = deps.informers.for(nodes);
  const tenants = new TenantNamespaces(deps.informers);
  const events = deps.events("virtualnode-controller");
  const where = (accepts: (node: VirtualNode) => boolean) => informer.store.list().filter(accepts).map(keyOf);
  const ofPeer = (peer: string | undefined) => where(({ spec }) => spec?.clusterID === peer);
  return {
    name: "virtualnode",
    workers: 2,
    watches: [
      watchFor(informer),
      tenants.watch((namespace) => informer.store.list(namespace).map(keyOf)),
      watchMapped(configs, ({ metadata }) => ofPeer(metadata?.labels?.[labels.REMOTE_CLUSTER_ID])),
      watchMapped(maps, ({ metadata }) => ofPeer(metadata?.labels?.[labels.REMOTE_CLUSTER_ID])),
      watchMapped(deploymentInformer, ({ metadata }) => [
        { namespace: metadata?.namespace ?? "", name: metadata?.labels?.[labels.VIRTUAL_NODE] ?? "" },
      ]),
      ...watchAccounts(deps, (account) =>
        where(({ metadata: { name = "" } = {} }) => [name, bindingNameOf(name)].includes(account.metadata?.name ?? "")),
      ),
      watchMapped(nodeInformer, (node) => where(({ metadata }) => metadata?.name === node.metadata?.name)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const found = informer.store.get(key);
      if (found === undefined) return DONE;
      if (found.metadata?.deletionTimestamp !== undefined) {
        const peer = foreign.store.get({ name: found.spec?.clusterID ?? "" });
        return remove(ctx, deps, found, isGivenUp(peer), informer.store.list());
      }
      if (found.spec?.template?.spec === undefined) return DONE;
      if (tenants.peerOf(key.namespace) !== found.spec.clusterID) {
        // Its virtual kubelet gets rights in the whole cluster: only where nobody but Liqo and administrators writes.
        events.warning(ctx, found, "WrongNamespace", notTenantNamespaceOf(found.spec?.clusterID, key.namespace));
        return DONE;
      }
      const node = await ensureFinalizer(ctx, deps.client, virtualNodes, found, FINALIZER);
      await ensureObjects(ctx, deps, node, configs.store.list());
      await report(ctx, deps, node, nodeInformer.store.get({ name: key.name }) !== undefined);
      return DONE;
    },
  };
}

function report(ctx: Context, deps: Deps, node: VirtualNode, isPresent: boolean): Promise<void> {
  const nodeStatus = node.spec?.createNode === false ? "None" : isPresent ? "Running" : "Creating";
  return setConditions(ctx, deps, node, [
    { type: "VirtualKubelet", status: "Running", reason: "", message: "" },
    { type: "Node", status: nodeStatus, reason: "", message: "" },
  ]);
}

async function ensureObjects(
  ctx: Context,
  deps: Deps,
  node: VirtualNode,
  configs: readonly Configuration[],
): Promise<void> {
  const providerId = node.spec?.clusterID ?? "";
  const namespace = node.metadata?.namespace ?? "";
  const account = await deps.client.apply(ctx, serviceAccounts, forgeVkServiceAccount(node));
  await deps.client.apply(ctx, clusterRoleBindings, forgeVkClusterBinding(node));
  for (const binding of forgeVkOwnBindings(node)) await deps.client.apply(ctx, roleBindings, binding);
  await deps.client.create(ctx, namespaceMaps, forgeNamespaceMap(providerId, namespace)).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  const configuration = configs.find(
    ({ metadata }) => metadata?.namespace === namespace && metadata.labels?.[labels.REMOTE_CLUSTER_ID] === providerId,
  );
  const deployment = forgeVkDeployment(node, cidrArguments(configuration), account.metadata?.uid ?? "");
  if (deployment !== undefined) await deps.client.apply(ctx, deployments, deployment);
}

/** How the virtual kubelet translates addresses; nothing until the Configuration is ready. */
export function cidrArguments(configuration: Configuration | undefined): string[] {
  const remote = configuration?.spec?.remote?.cidr;
  const remapped = configuration?.status?.remote?.cidr;
  if (remote?.pod === undefined || remapped?.pod === undefined) return [];
  return [
    ...remote.pod.map((cidr) => `--remote-pod-cidr=${cidr}`),
    ...remapped.pod.map((cidr) => `--remote-pod-cidr-remap=${cidr}`),
    ...(remote.external ?? []).map((cidr) => `--remote-external-cidr=${cidr}`),
    ...(remapped.external ?? []).map((cidr) => `--remote-external-cidr-remap=${cidr}`),
  ];
}

/** Drain, then the virtual kubelet, its rights, the Node and, with the last VirtualNode of a peer, the NamespaceMap. */
async function remove(
  ctx: Context,
  deps: Deps,
  node: VirtualNode,
  isDead: boolean,
  all: readonly VirtualNode[],
): Promise<Result> {
  const { name = "", namespace = "" } = node.metadata ?? {};
  await setConditions(ctx, deps, node, [{ type: "Node", status: "Draining", reason: "", message: "" }]);
  if (!(await drainNode(ctx, deps, name, isDead))) return { requeueAfterMs: DRAIN_POLL_MS };
  const deploymentName = node.spec?.template?.metadata?.name;
  if (deploymentName !== undefined) {
    await deps.client.deleteIfPresent(
      ctx,
      deployments,
      { namespace, name: deploymentName },
      { propagationPolicy: "Foreground" },
    );
    if ((await deps.client.find(ctx, deployments, { namespace, name: deploymentName })) !== undefined)
      return { requeueAfterMs: DRAIN_POLL_MS };
  }
  await revokeRights(ctx, deps, node);
  await deps.client.deleteIfPresent(ctx, serviceAccounts, keyOf(forgeVkServiceAccount(node)));
  await deps.client.deleteIfPresent(ctx, nodes, { name });
  const others = all.filter(
    (other) => other.spec?.clusterID === node.spec?.clusterID && other.metadata?.uid !== node.metadata?.uid,
  );
  if (others.length === 0)
    await deps.client.deleteIfPresent(ctx, namespaceMaps, { namespace, name: node.spec?.clusterID ?? "" });
  await removeFinalizer(ctx, deps.client, virtualNodes, node, FINALIZER);
  return DONE;
}

async function revokeRights(ctx: Context, deps: Deps, node: VirtualNode): Promise<void> {
  await deps.client.deleteIfPresent(ctx, clusterRoleBindings, keyOf(forgeVkClusterBinding(node)));
  const name = node.metadata?.name ?? "";
  const offloaded = managedAccounts(deps)
    .roleBindings.store.list()
    .filter((binding) => isVkNamespaceBinding(binding) && binding.metadata?.labels?.[labels.VIRTUAL_NODE] === name);
  for (const binding of [...forgeVkOwnBindings(node), ...offloaded])
    await deps.client.deleteIfPresent(ctx, roleBindings, keyOf(binding));
}

async function setConditions(
  ctx: Context,
  deps: Deps,
  node: VirtualNode,
  wanted: readonly NodeCondition[],
): Promise<void> {
  const before = node.status?.conditions ?? [];
  const isSame = wanted.every(({ type, status }) => before.some((c) => c.type === type && c.status === status));
  if (isSame) return;
  const conditions = wanted.reduce<NodeCondition[]>(
    (list, condition) => withCondition<NodeCondition>(list, condition, deps.nowMs()),
    before,
  );
  await deps.client.patch(
    ctx,
    virtualNodes,
    keyOf(node),
    "merge",
    { status: { conditions } },
    { subresource: "status" },
  );
}

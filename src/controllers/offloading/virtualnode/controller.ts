/**
 * Runs a virtual kubelet for each VirtualNode and drains the Node when it goes. Writes ServiceAccounts, bindings, Deployments,
 * NamespaceMaps and VirtualNodes; deletes Nodes. Upstream: pkg/liqo-controller-manager/offloading/virtualnode-controller
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Node } from "kubernetes-types/core/v1";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import { VIRTUAL_NODE as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import {
  type VirtualNode,
  type VkOptionsTemplate,
  virtualNodes,
  vkOptionsTemplates,
} from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import {
  cidrArguments,
  forgeNamespaceMap,
  forgeVkDeployment,
  forgeVkServiceAccount,
} from "#forge/virtualnode-objects.ts";
import { bindingNameOf, forgeVkClusterBinding, forgeVkOwnBindings } from "#forge/virtualnode-rights.ts";
import { completeSpec, optionsKeyOf } from "#forge/virtualnode-spec.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer } from "#kube/controller/finalizer.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { clusterRoleBindings, deployments, nodes, roleBindings, serviceAccounts } from "#machinery/builtin.ts";
import { contains } from "#machinery/contains.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isGivenUp } from "#trust/reach.ts";
import { notTenantNamespaceOf, TenantNamespaces } from "#trust/tenant-namespaces.ts";
import { managedAccounts, watchAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { removeNode } from "./drain.ts";
import { hasNodeTooMany, isLast, networkOf, planVirtualNode } from "./plan.ts";
import { DRAIN_POLL_MS, removeVirtualNode } from "./remove.ts";
import { changedConditions, drainingConditions, runningConditions } from "./status.ts";

interface Work {
  readonly deps: Deps;
  readonly virtualNodes: Informer<VirtualNode>;
  readonly configurations: Informer<Configuration>;
  readonly deployments: Informer<Deployment>;
  readonly foreign: Informer<ForeignCluster>;
  readonly nodes: Informer<Node>;
  readonly templates: Informer<VkOptionsTemplate>;
  readonly accounts: ReturnType<typeof managedAccounts>;
  readonly tenants: TenantNamespaces;
  readonly events: EventRecorder;
  readonly applier: Applier;
}

export function virtualNodeController(deps: Deps): Controller {
  const work: Work = {
    deps,
    virtualNodes: deps.informers.for(virtualNodes),
    configurations: deps.informers.for(configurations),
    deployments: deps.informers.for(deployments, { labelSelector: labels.VIRTUAL_NODE }),
    foreign: deps.informers.for(foreignClusters),
    nodes: deps.informers.for(nodes),
    templates: deps.informers.for(vkOptionsTemplates),
    accounts: managedAccounts(deps),
    tenants: new TenantNamespaces(deps.informers),
    events: deps.events("virtualnode-controller"),
    applier: new Applier(deps.client),
  };
  const where = (accepts: (node: VirtualNode) => boolean): ObjectKey[] =>
    work.virtualNodes.store.list().filter(accepts).map(keyOf);
  const ofPeer = (peer: string | undefined) => where(({ spec }) => spec?.clusterID === peer);
  return {
    name: "virtualnode",
    workers: 2,
    watches: [
      watchFor(work.virtualNodes),
      work.tenants.watch((namespace) => work.virtualNodes.store.list(namespace).map(keyOf)),
      watchMapped(work.configurations, ({ metadata }) => ofPeer(metadata?.labels?.[labels.REMOTE_CLUSTER_ID])),
      watchMapped(deps.informers.for(namespaceMaps), ({ metadata }) =>
        ofPeer(metadata?.labels?.[labels.REMOTE_CLUSTER_ID]),
      ),
      watchMapped(work.deployments, ({ metadata }) => [
        { namespace: metadata?.namespace ?? "", name: metadata?.labels?.[labels.VIRTUAL_NODE] ?? "" },
      ]),
      ...watchAccounts(deps, (account) =>
        where(({ metadata: { name = "" } = {} }) => [name, bindingNameOf(name)].includes(account.metadata?.name ?? "")),
      ),
      watchMapped(work.templates, () => where(() => true)),
      watchMapped(work.nodes, (node) => where(({ metadata }) => metadata?.name === node.metadata?.name)),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps } = work;
  const found = work.virtualNodes.store.get(key);
  const plan = planVirtualNode(found, work.tenants.peerOf(key.namespace));
  if (found === undefined || plan.do === "nothing") return DONE;
  if (plan.do === "misplaced") {
    const message = notTenantNamespaceOf(found.spec?.clusterID, key.namespace);
    work.events.warning(ctx, found, "WrongNamespace", message);
    return DONE;
  }
  if (plan.do === "remove") {
    await writeConditions(ctx, deps, found, drainingConditions());
    const peer = work.foreign.store.get({ name: found.spec?.clusterID ?? "" });
    const isAlone = isLast(found, work.virtualNodes.store.list());
    return removeVirtualNode(ctx, deps, { node: found, isDead: isGivenUp(peer), isLast: isAlone });
  }
  const guarded = await ensureFinalizer(ctx, deps.client, virtualNodes, found, FINALIZER);
  const node = await followTemplate(ctx, work, guarded);
  await ensureObjects(ctx, work, node);
  const seen = work.nodes.store.get({ name: key.name });
  if (hasNodeTooMany(node, seen)) {
    await writeConditions(ctx, deps, node, drainingConditions());
    const isDead = isGivenUp(work.foreign.store.get({ name: node.spec?.clusterID ?? "" }));
    if (!(await removeNode(ctx, deps, key.name, isDead))) return { requeueAfterMs: DRAIN_POLL_MS };
  }
  await writeConditions(ctx, deps, node, runningConditions(node, seen !== undefined));
  return specOfTemplate(work, node) !== undefined ? { requeueAfterMs: OUTDATED_MS } : DONE;
}

// While liqo-controller-manager is upgraded, the webhook that completes VirtualNodes may be the former version's.
const OUTDATED_MS = 2_000;

/** What its VkOptionsTemplate makes of it; undefined when nothing is to change, or no template is known. */
function specOfTemplate({ templates, deps }: Work, node: VirtualNode): VirtualNode["spec"] | undefined {
  const template = templates.store.get(optionsKeyOf(node, deps.settings.vkOptionsTemplate));
  // Who keeps it from the webhook writes all of it.
  if (template === undefined || node.metadata?.labels?.[labels.WEBHOOK_SKIP] === "true") return undefined;
  const wanted = completeSpec(node, template, deps.settings);
  return contains(node.spec, wanted) ? undefined : wanted;
}

/** A VkOptionsTemplate that changed, as with an upgrade, reaches the nodes that are there. */
async function followTemplate(ctx: Context, work: Work, node: VirtualNode): Promise<VirtualNode> {
  const wanted = specOfTemplate(work, node);
  if (wanted === undefined) return node;
  const { resourceVersion } = node.metadata ?? {};
  const patch = [
    { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
    { op: "replace", path: "/spec", value: wanted },
  ];
  return work.deps.client.patch(ctx, virtualNodes, keyOf(node), "json", patch);
}

/** Rights before the Deployment: it starts with them. */
async function ensureObjects(ctx: Context, work: Work, node: VirtualNode): Promise<void> {
  const { deps, accounts, applier } = work;
  const wanted = forgeVkServiceAccount(node);
  const cached = accounts.accounts.store.get(keyOf(wanted));
  const account = (await applier.applyIfChanged(ctx, serviceAccounts, { cached, wanted })) ?? cached;
  const everywhere = forgeVkClusterBinding(node);
  await applier.applyIfChanged(ctx, clusterRoleBindings, {
    cached: accounts.clusterRoleBindings.store.get(keyOf(everywhere)),
    wanted: everywhere,
  });
  for (const own of forgeVkOwnBindings(node))
    await applier.applyIfChanged(ctx, roleBindings, {
      cached: accounts.roleBindings.store.get(keyOf(own)),
      wanted: own,
    });
  await ensureNamespaceMap(ctx, deps, node);
  const network = networkOf(node, work.configurations.store.list());
  const deployment = forgeVkDeployment(node, cidrArguments(network), account?.metadata?.uid ?? "");
  if (deployment === undefined) return;
  await applier.applyIfChanged(ctx, deployments, {
    cached: work.deployments.store.get(keyOf(deployment)),
    wanted: deployment,
  });
}

async function ensureNamespaceMap(ctx: Context, deps: Deps, node: VirtualNode): Promise<void> {
  const wanted = forgeNamespaceMap(node.spec?.clusterID ?? "", node.metadata?.namespace ?? "");
  if (deps.informers.for(namespaceMaps).store.get(keyOf(wanted)) !== undefined) return;
  await deps.client.createIfAbsent(ctx, namespaceMaps, wanted);
}

async function writeConditions(
  ctx: Context,
  deps: Deps,
  node: VirtualNode,
  wanted: ReturnType<typeof runningConditions>,
): Promise<void> {
  const conditions = changedConditions(node, wanted, deps.clock.epochMs());
  if (conditions === undefined) return;
  const body = { status: { conditions } };
  await deps.client.patch(ctx, virtualNodes, keyOf(node), "merge", body, { subresource: "status" });
}

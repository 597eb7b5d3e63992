/**
 * The end of a VirtualNode, in this order: its pods leave, then its virtual kubelet, its rights, the Node and, with the last
 * VirtualNode of a peer, the NamespaceMap. Upstream: pkg/liqo-controller-manager/offloading/virtualnode-controller
 */
import { VIRTUAL_NODE as FINALIZER } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { forgeVkServiceAccount } from "#forge/virtualnode-objects.ts";
import { forgeVkClusterBinding, forgeVkOwnBindings, isVkNamespaceBinding } from "#forge/virtualnode-rights.ts";
import { DONE, type Result } from "#kube/controller/controller.ts";
import { removeFinalizer } from "#kube/controller/finalizer.ts";
import { clusterRoleBindings, deployments, roleBindings, serviceAccounts } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { managedAccounts } from "../../accounts.ts";
import type { Deps } from "../../deps.ts";
import { deleteNode, drainNode } from "./drain.ts";

export const DRAIN_POLL_MS = 500;

export interface Ending {
  readonly node: VirtualNode;
  /** The peer is gone for good: nobody waits for its pods. */
  readonly isDead: boolean;
  /** With it the peer's last VirtualNode goes. */
  readonly isLast: boolean;
}

/** One step of it. */
export async function removeVirtualNode(ctx: Context, deps: Deps, { node, isDead, isLast }: Ending): Promise<Result> {
  const { name = "", namespace = "" } = node.metadata ?? {};
  if (!(await drainNode(ctx, deps, name, isDead))) return { requeueAfterMs: DRAIN_POLL_MS };
  if (await isKubeletLeft(ctx, deps, node)) return { requeueAfterMs: DRAIN_POLL_MS };
  await revokeRights(ctx, deps, node);
  await deps.client.deleteIfPresent(ctx, serviceAccounts, keyOf(forgeVkServiceAccount(node)));
  await deleteNode(ctx, deps, name);
  if (isLast) await deps.client.deleteIfPresent(ctx, namespaceMaps, { namespace, name: node.spec?.clusterID ?? "" });
  await removeFinalizer(ctx, deps.client, virtualNodes, node, FINALIZER);
  return DONE;
}

/** Asks its Deployment to go, and tells whether it has not yet. */
async function isKubeletLeft(ctx: Context, { client }: Deps, node: VirtualNode): Promise<boolean> {
  const name = node.spec?.template?.metadata?.name;
  if (name === undefined) return false;
  const key = { namespace: node.metadata?.namespace ?? "", name };
  await client.deleteIfPresent(ctx, deployments, key, { propagationPolicy: "Foreground" });
  return (await client.find(ctx, deployments, key)) !== undefined;
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

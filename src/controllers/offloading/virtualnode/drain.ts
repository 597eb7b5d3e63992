/** Empties a virtual Node: through the Eviction API, or by force when the peer is gone for good. */
import { isVirtualNode } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { isConflict, isNotFound, StatusError } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";

/**
 * One step of draining a virtual Node and deleting it; true when it is gone. A machine that has taken the name is none of
 * Liqo's.
 */
export async function removeNode(ctx: Context, deps: Deps, name: string, isDead: boolean): Promise<boolean> {
  if (!(await drainNode(ctx, deps, name, isDead))) return false;
  await deleteNode(ctx, deps, name);
  return true;
}

export async function deleteNode(ctx: Context, deps: Deps, name: string): Promise<void> {
  const node = await deps.client.find(ctx, nodes, { name });
  if (node !== undefined && isVirtualNode(node)) await deps.client.deleteObserved(ctx, nodes, node);
}

/** One step of draining; true when no offloaded pod is left. */
export async function drainNode(ctx: Context, deps: Deps, name: string, isDead: boolean): Promise<boolean> {
  const node = await deps.client.find(ctx, nodes, { name });
  if (node === undefined || !isVirtualNode(node)) return true;
  if (node.spec?.unschedulable !== true)
    await deps.client.patch(ctx, nodes, { name }, "merge", { spec: { unschedulable: true } });
  const { items } = await deps.client.list(ctx, pods, { fieldSelector: `spec.nodeName=${name}` });
  const leaving = items.filter(
    ({ metadata }) => metadata?.ownerReferences?.some(({ kind }) => kind === "DaemonSet") !== true,
  );
  for (const pod of leaving) {
    if (isDead) await deps.client.deleteIfPresent(ctx, pods, keyOf(pod), { gracePeriodSeconds: 0 });
    else if (pod.metadata?.deletionTimestamp === undefined) await evict(ctx, deps, keyOf(pod));
  }
  return leaving.length === 0;
}

async function evict(ctx: Context, deps: Deps, key: ReturnType<typeof keyOf>): Promise<void> {
  const eviction = {
    apiVersion: "policy/v1",
    kind: "Eviction",
    metadata: { namespace: key.namespace, name: key.name },
  };
  try {
    await deps.client.createSubresource(ctx, pods, key, "eviction", eviction);
  } catch (error) {
    // 429: a disruption budget holds it back; the next round asks again.
    const isHeldBack = error instanceof StatusError && error.code === 429;
    if (!isHeldBack && !isNotFound(error) && !isConflict(error)) throw error;
  }
}

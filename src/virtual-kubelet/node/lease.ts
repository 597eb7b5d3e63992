/** The heartbeat of a node. Kubernetes: component-helpers/apimachinery/lease/controller.go */
import type { Node } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { leases } from "#machinery/builtin.ts";
import { microTimestamp } from "#machinery/conditions.ts";
import { isNotFound } from "#machinery/status-error.ts";

const NAMESPACE = "kube-node-lease";

export async function renewNodeLease(
  ctx: Context,
  client: KubeClient,
  { node, leaseSeconds, nowMs }: { readonly node: Node; readonly leaseSeconds: number; readonly nowMs: number },
): Promise<void> {
  const { name = "", uid = "" } = node.metadata ?? {};
  const owner = { apiVersion: "v1", kind: "Node", name, uid };
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: microTimestamp(nowMs) };
  try {
    await client.patch(ctx, leases, { namespace: NAMESPACE, name }, "merge", {
      metadata: { ownerReferences: [owner] },
      spec,
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const metadata = { name, namespace: NAMESPACE, ownerReferences: [owner] };
    await client.createIfAbsent(ctx, leases, { metadata, spec });
  }
}

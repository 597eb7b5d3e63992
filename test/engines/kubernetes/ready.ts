/** When a genuine cluster can be used: its nodes are Ready with the pod CIDR that the lab has given them, and pods are admitted. */
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { leases, nodes as nodeResource, serviceAccounts } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import type { NodeNetwork } from "#playground/lab/node.ts";
import type { ClusterAccess } from "#playground/supervisor/kubeconfig.ts";

const POLL_MS = 200;
const REQUEST_MS = 5_000;

export interface ReadyOptions {
  readonly access: ClusterAccess;
  readonly nodes: readonly NodeNetwork[];
  readonly timeoutMs: number;
  /** Named in the error. */
  readonly logs: string;
}

export async function waitReady(ctx: Context, { access, nodes, timeoutMs, logs }: ReadyOptions): Promise<void> {
  const { server, ca, admin } = access;
  using client = new KubeClient({ server, ca, cert: admin.certificate, key: admin.privateKey }, "liqo-test");
  const limited = withTimeout(ctx, timeoutMs);
  let reason = "no answer yet";
  for (;;) {
    try {
      const request = withTimeout(ctx, REQUEST_MS);
      const waiting = await unready(request, client, nodes);
      // Without it no pod is admitted.
      const account = await client.find(request, serviceAccounts, { namespace: "default", name: "default" });
      if (account === undefined) waiting.push("service account default/default");
      // The kubelet's, made a moment after the node is Ready: a cluster at rest has them.
      const { items } = await client.list(request, leases, { namespace: "kube-node-lease" });
      if (items.length < nodes.length) waiting.push("leases of the nodes");
      if (waiting.length === 0) return;
      reason = `not ready: ${waiting.join(", ")}`;
    } catch (error) {
      reason = messageOf(error);
    }
    if (limited.signal.aborted)
      throw new Error(`cluster ${access.name} is not ready after ${timeoutMs / 1000} s (${reason}); see ${logs}`);
    await sleep(ctx, POLL_MS);
  }
}

/** Names of the nodes that are not Ready yet; those that have registered get their pod CIDR. */
async function unready(ctx: Context, client: KubeClient, wanted: readonly NodeNetwork[]): Promise<string[]> {
  const { items } = await client.list(ctx, nodeResource);
  const waiting: string[] = [];
  for (const { name, podCidr } of wanted) {
    const node = items.find(({ metadata }) => metadata?.name === name);
    if (node !== undefined && node.spec?.podCIDR === undefined) {
      const patch = { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } };
      await client.patch(ctx, nodeResource, { namespace: "", name }, "merge", patch);
    }
    if (!isConditionTrue(node?.status?.conditions, "Ready")) waiting.push(name);
  }
  return waiting;
}

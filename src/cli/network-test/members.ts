/** The clusters that take part: the local one is the consumer, the others are its providers. Upstream: pkg/liqoctl/test/network/client/k8s.go */
import type { Node } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { deployments, nodes } from "#machinery/builtin.ts";
import { type Cluster, clusterIdOf } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { Image } from "./forge.ts";

export interface Member {
  readonly id: string;
  readonly cluster: Cluster;
  readonly isConsumer: boolean;
  /** Real ones. */
  readonly nodes: readonly Node[];
}

const CONTROL_PLANE = "node-role.kubernetes.io/control-plane";

/** Throws a CliError unless each provider is one of the consumer's. */
export async function identifyMembers(
  ctx: Context,
  consumer: Cluster,
  providers: readonly Cluster[],
): Promise<readonly Member[]> {
  const members = await Promise.all(
    [consumer, ...providers].map(async (cluster, i): Promise<Member> => {
      const id = await clusterIdOf(ctx, cluster);
      const { items } = await cluster.client.list(ctx, nodes, {
        labelSelector: `${labels.TYPE}!=${labels.TYPE_VIRTUAL_NODE}`,
      });
      return { id, cluster, isConsumer: i === 0, nodes: items };
    }),
  );
  const twice = members.find(({ id }, i) => members.findIndex((other) => other.id === id) !== i);
  if (twice !== undefined)
    throw new CliError(`two of the kubeconfigs lead to the cluster ${twice.id}`, {
      hint: "give in --remote-kubeconfigs each provider once, and not the local cluster",
    });
  const virtual = { labelSelector: `${labels.TYPE}=${labels.TYPE_VIRTUAL_NODE}` };
  const { items } = await consumer.client.list(ctx, nodes, virtual);
  for (const { id, isConsumer } of members)
    if (!isConsumer && !items.some(({ metadata }) => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === id))
      throw new CliError(`${members[0]?.id} has no virtual node of ${id}`, {
        hint: "first `liqoctl peer` with that kubeconfig as --remote-kubeconfig",
      });
  for (const { id, nodes: own } of members)
    if (own.filter(runsPods).length === 0) throw new CliError(`${id} has no node that takes pods`);
  return members;
}

/** Whether a pod without tolerations may come there. */
export function runsPods(node: Node): boolean {
  return node.spec?.unschedulable !== true && !isControlPlane(node);
}

export function isControlPlane({ spec }: Node): boolean {
  return spec?.taints?.some(({ key }) => key === CONTROL_PLANE) === true;
}

/** That of the consumer's Liqo: it has Node, and is on its nodes already. */
export async function findImage(ctx: Context, { client, liqoNamespace }: Cluster): Promise<Image> {
  const manager = await client.get(ctx, deployments, { namespace: liqoNamespace, name: CONTROLLER_MANAGER });
  const container = manager.spec?.template.spec?.containers[0];
  return { name: container?.image ?? "", pullPolicy: container?.imagePullPolicy };
}

/** What ./node.ts has to know. */
import type { Node } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { FABRIC_SELECTOR } from "#forge/networking/names.ts";
import { leases, nodes, pods } from "#machinery/builtin.ts";
import { answered } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { NodeFacts } from "./node.ts";
import { askPeer, lister } from "./peer-facts.ts";
import type { Access } from "./provider.ts";
import { isHidden, look, visible } from "./seen.ts";

/** Throws a CliError when there is neither a Node nor a VirtualNode of that name. */
export async function askForNode(ctx: Context, access: Access, name: string): Promise<NodeFacts> {
  const { client } = access.home;
  const node = await answered(ctx, access.home, (limited) => client.find(limited, nodes, { name }));
  return answered(ctx, access.home, (limited) => askAbout(limited, access, name, node));
}

async function askAbout(ctx: Context, access: Access, name: string, node: Node | undefined): Promise<NodeFacts> {
  const { client, liqoNamespace } = access.home;
  const of = lister(ctx, client);
  const [virtual, lease, internal, fabric] = await Promise.all([
    of(virtualNodes),
    look(client.find(ctx, leases, { namespace: "kube-node-lease", name })),
    look(client.find(ctx, internalNodes, { name })),
    of(pods, {
      namespace: liqoNamespace,
      labelSelector: FABRIC_SELECTOR,
      fieldSelector: `spec.nodeName=${name}`,
    }),
  ]);
  const own = visible(virtual)?.find(({ metadata }) => metadata?.name === name);
  if (node === undefined && own === undefined)
    throw new CliError(`node ${name} does not exist`, { hint: "kubectl get nodes; kubectl get virtualnodes -A" });
  const isVirtual = own !== undefined || (node !== undefined && isVirtualNode(node));
  const id = own?.spec?.clusterID ?? node?.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? "";
  const peer = isVirtual ? await askPeer(ctx, access, id) : undefined;
  // The kind is not there at all without Liqo.
  const hasLiqo = !isHidden(internal) || !internal.hidden.includes("could not find");
  return { name, node, own, peer, lease, fabric: hasLiqo ? fabric : undefined, internal, nowMs: systemClock.epochMs() };
}

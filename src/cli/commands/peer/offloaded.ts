/** What a new peering is to namespaces that are offloaded already: those whose selector takes it get a twin there, too. */
import { namespaceOffloadings, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { selectPeers } from "#forge/selected-peers.ts";
import { forgeNamespaceMap } from "#forge/virtualnode-objects.ts";
import type { SeenSide } from "../../peering/sides.ts";
import type { Part } from "../../plan/model.ts";
import { planOffloading } from "../../plan/offloading.ts";
import { offloadingFacts } from "../../plan/offloading-facts.ts";
import { comingNode } from "../../plan/peering.ts";

export async function planOffloaded(ctx: Context, consumer: SeenSide, provider: SeenSide): Promise<Part[]> {
  const { cluster, peerId, namespace } = consumer.side;
  const { items: present } = await cluster.client.list(ctx, virtualNodes, { namespace });
  // What is offloaded has reached it.
  if (present.some(({ spec }) => spec?.clusterID === peerId)) return [];
  const { items } = await cluster.client.list(ctx, namespaceOffloadings);
  const coming = { map: forgeNamespaceMap(peerId, namespace), node: comingNode(peerId, namespace) };
  const access = { home: cluster, remote: { cluster: provider.side.cluster, id: provider.id } };
  const standing = items.filter(
    ({ metadata }) => metadata?.name === OFFLOADING_NAME && metadata.deletionTimestamp === undefined,
  );
  const parts: Part[] = [];
  for (const offloading of standing) {
    const name = offloading.metadata?.namespace ?? "";
    if (selectPeers(offloading, [coming.node]).size === 0) parts.push({ remarks: [undecided(name, peerId)] });
    else parts.push(...planOffloading(await offloadingFacts(ctx, access, name, offloading, coming), offloading));
  }
  return parts;
}

function undecided(name: string, peerId: string): string {
  return `whether namespace ${name} gets a twin at ${peerId} is known once ${peerId} has told its labels: the selector asks for some`;
}

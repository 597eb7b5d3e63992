/** One cluster of a peering that answers, and what the steps of a peering know of it. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { unlessForbidden } from "../checks/rights.ts";
import type { Cluster } from "../cluster.ts";
import type { Scope } from "../printer/printer.ts";

export interface Side {
  readonly scope: Scope;
  readonly cluster: Cluster;
  /** The id of the other one. */
  readonly peerId: string;
  /** Its namespace for the peer. */
  readonly namespace: string;
}

/** Everything of one peer carries its id. */
export function ofPeer(peerId: string): string {
  return `${labels.REMOTE_CLUSTER_ID}=${peerId}`;
}

/** What a side has made itself: what the peer has replicated hither belongs to the peering in the other direction. */
export function ownOf({ peerId, namespace }: Side): { readonly namespace: string; readonly labelSelector: string } {
  return { namespace, labelSelector: `${ofPeer(peerId)},${labels.REPLICATED}!=true` };
}

/** Whether the peer uses us as well: then some of what unpeering removes must stay. Whom it is not told asks the other side. */
export async function isBidirectional(ctx: Context, cluster: Cluster, peerId: string): Promise<boolean> {
  const found = await unlessForbidden(cluster.client.find(ctx, foreignClusters, { name: peerId }));
  return found?.status?.role === "ConsumerAndProvider";
}

/** The one cluster and the peer that a verb about a single object names. */
import type { Context } from "#base/context.ts";
import { tenantNamespaceName } from "#forge/names.ts";
import { type Cluster, clusterIdOf } from "../cluster.ts";
import { CliError } from "../errors.ts";
import { findTenantNamespace, requireKnownNamespace, requireTenantNamespace } from "../tenant.ts";
import type { Side } from "./side.ts";

const PEERS_HINT = "give the id of the peer: `liqoctl info -g clusterid` there prints it";

export interface Asked {
  readonly remoteClusterId: string;
  /** `--namespace`; undefined: the tenant namespace. */
  readonly namespace?: string | undefined;
}

export interface PeerScope {
  readonly side: Side;
  /** Whether its namespace is there. */
  readonly isKnown: boolean;
}

/** Throws a CliError for this cluster itself, and for another namespace than the peer's. */
export async function peerScope(
  ctx: Context,
  cluster: Cluster,
  { remoteClusterId: peerId, namespace: asked }: Asked,
): Promise<PeerScope> {
  if (peerId === "") throw new CliError('--remote-cluster-id "": must be the id of the peer', { hint: PEERS_HINT });
  if ((await clusterIdOf(ctx, cluster)) === peerId)
    throw new CliError(`--remote-cluster-id "${peerId}" is the cluster itself`, {
      hint: PEERS_HINT,
    });
  const found = await findTenantNamespace(ctx, cluster.client, peerId);
  requireTenantNamespace(peerId, found, asked);
  const side = { scope: "local", cluster, peerId, namespace: found ?? tenantNamespaceName(peerId) } as const;
  return { side, isKnown: found !== undefined };
}

/** As peerScope; throws a CliError for a peer that nothing was done with yet. */
export async function knownPeer(ctx: Context, cluster: Cluster, asked: Asked): Promise<Side> {
  const { side } = await peerScope(ctx, cluster, asked);
  return { ...side, namespace: await requireKnownNamespace(ctx, cluster.client, side.peerId) };
}

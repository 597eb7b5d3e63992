/** Whether an installation would replace upstream's Liqo, which has the same release name and most names of objects. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import type { Context } from "#base/context.ts";
import { deployments } from "#machinery/builtin.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Cluster } from "../../cluster.ts";

/** Upstream runs these as Deployments of their own; here they are parts of liqo-controller-manager. */
const UPSTREAM_ONLY = ["liqo-crd-replicator", "liqo-webhook", "liqo-ipam"];

/** What is there and would be replaced, in words; undefined where there is nothing of upstream's. */
export async function findUpstream(ctx: Context, cluster: Cluster): Promise<string | undefined> {
  const { client, liqoNamespace: namespace } = cluster;
  const found = await Promise.all(UPSTREAM_ONLY.map((name) => client.find(ctx, deployments, { namespace, name })));
  const present = found.filter((deployment) => deployment !== undefined);
  if (present.length === 0) return undefined;
  const version = present[0]?.metadata?.labels?.["app.kubernetes.io/version"] ?? "of an unknown version";
  const names = present.map(({ metadata }) => metadata?.name).join(", ");
  const peers = await listPeers(ctx, cluster);
  const kept = peers.length === 0 ? "It has no peers" : `Its peerings with ${peers.join(", ")} would go on with ours`;
  return `namespace ${namespace} of ${cluster.server} holds upstream's Liqo ${version} (Deployments ${names}), which would be replaced. ${kept}.`;
}

async function listPeers(ctx: Context, { client }: Cluster): Promise<string[]> {
  try {
    const { items } = await client.list(ctx, foreignClusters, {});
    return items.map(({ metadata }) => metadata?.name ?? "").sort();
  } catch (error) {
    // The CRDs may be gone already, with an installation that was removed by halves.
    if (isNotFound(error)) return [];
    throw error;
  }
}

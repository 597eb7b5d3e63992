/** The end of the namespace that one cluster keeps for another. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import type { Context } from "#base/context.ts";
import { namespaces } from "#machinery/builtin.ts";
import { waitFor } from "../cluster.ts";
import type { RemovalOptions } from "./remove-all.ts";
import type { Side } from "./side.ts";

/** With the ForeignCluster, which nobody else removes. */
export async function removeNamespace(ctx: Context, side: Side, { timeoutMs, wait }: RemovalOptions): Promise<void> {
  const { client } = side.cluster;
  const key = { name: side.namespace };
  await client.deleteIfPresent(ctx, namespaces, key);
  const isGone = { until: (found: unknown) => found === undefined, timeoutMs, what: "the namespace is not gone" };
  if (wait) await waitFor(ctx, client, namespaces, key, isGone);
  await client.deleteIfPresent(ctx, foreignClusters, { name: side.peerId });
}

/** Helm's records of the release: a Secret per revision. Reads their labels, not what is in them. */
import type { Context } from "#base/context.ts";
import { secrets } from "#machinery/builtin.ts";
import type { Cluster } from "../../cluster.ts";
import { RELEASE } from "../../helm.ts";
import type { HelmRecord } from "../../plan/install/installing.ts";

/** The oldest first. */
export async function recordsOf(ctx: Context, { client, liqoNamespace }: Cluster): Promise<HelmRecord[]> {
  const { items } = await client.list(ctx, secrets, {
    namespace: liqoNamespace,
    labelSelector: `owner=helm,name=${RELEASE}`,
    metadataOnly: true,
  });
  return items
    .map(({ metadata }) => ({
      revision: Number(metadata?.labels?.["version"]),
      status: metadata?.labels?.["status"] ?? "",
    }))
    .filter(({ revision }) => Number.isInteger(revision))
    .sort((a, b) => a.revision - b.revision);
}

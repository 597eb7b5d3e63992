/** What a one-sided unpeering leaves at the cluster that did not answer. */
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import type { Parties, Party } from "./parties.ts";

export interface Left {
  readonly where: "consumer" | "provider";
  readonly id: string;
  readonly peerId: string;
  readonly silence: string;
  /** The namespaces that the consumer has at the provider, by their names there. */
  readonly twins: readonly string[];
  readonly tenantNamespace: string | undefined;
}

/** Undefined when both answer. Told by the other cluster, before anything is removed there. */
export async function findLeft(ctx: Context, { consumer, provider }: Parties): Promise<Left | undefined> {
  const where = consumer.silence === undefined ? "provider" : "consumer";
  const [silent, other]: [Party, Party] = where === "provider" ? [provider, consumer] : [consumer, provider];
  if (silent.silence === undefined || other.namespace === undefined) return undefined;
  const { client } = other.cluster;
  const peer = await client.find(ctx, foreignClusters, { name: silent.id });
  // The map is named after the provider, at both ends.
  const map = await client.find(ctx, namespaceMaps, { namespace: other.namespace, name: provider.id });
  const mapping = Object.values(map?.status?.currentMapping ?? {});
  return {
    where,
    id: silent.id,
    peerId: other.id,
    silence: silent.silence,
    twins: mapping.flatMap(({ remoteNamespace }) => (remoteNamespace === undefined ? [] : [remoteNamespace])).sort(),
    tenantNamespace: peer?.status?.tenantNamespace?.remote,
  };
}

export function leftThere({ where, id, peerId, silence, twins, tenantNamespace }: Left): string[] {
  const namespace = tenantNamespace === undefined ? "" : `, namespace ${tenantNamespace}`;
  const running = twins.length > 0 ? `, and ${twins.join(", ")} with all that runs there` : "";
  const things =
    where === "provider"
      ? `the Tenant of ${peerId}${namespace}${running}`
      : `the virtual node and the Identity for ${peerId}${namespace}, and the offloading of its namespaces`;
  return [
    `${id} was not told (${silence}). Left there: ${things}.`,
    `When it is back: this command once more, or \`liqoctl force unpeer ${peerId}\` there.`,
  ];
}

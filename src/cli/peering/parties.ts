/** The two clusters of a peering, one of which may not answer. */
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import type { Context } from "#base/context.ts";
import { type Cluster, clusterIdOf, reach } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { Scope } from "../printer/printer.ts";
import { findTenantNamespace } from "../tenant.ts";
import { requireSilent } from "./gone.ts";
import type { Side } from "./side.ts";

export interface Party {
  readonly scope: Scope;
  readonly cluster: Cluster;
  readonly id: string;
  readonly peerId: string;
  /** Its namespace for the other one, as far as there is one and it answers. */
  readonly namespace: string | undefined;
  /** Why nothing is heard of it; undefined: it answers. */
  readonly silence: string | undefined;
}

export interface Parties {
  readonly consumer: Party;
  readonly provider: Party;
}

/** Throws a CliError unless at least one answers, and for one that only liqoctl does not reach. */
export async function findParties(ctx: Context, local: Cluster, remote: Cluster): Promise<Parties> {
  const [home, away] = await Promise.all([reach(ctx, local), reach(ctx, remote)]);
  if (!home.answers && !away.answers)
    throw new CliError(`neither cluster answers: ${home.silence}; ${away.silence}`, {
      hint: "check --context and --remote-context, and the network on the way to the servers",
    });
  const consumerId = home.answers ? await clusterIdOf(ctx, local) : await silentId(ctx, local, remote, home.silence);
  const isAway = away.answers && away.id !== undefined;
  const awaySilence = isAway ? undefined : away.answers ? `${remote.server} has no Liqo any more` : away.silence;
  const providerId = isAway ? away.id : await silentId(ctx, remote, local, awaySilence ?? "");
  const homeSilence = home.answers ? undefined : home.silence;
  return {
    consumer: await party("local", local, { id: consumerId, peerId: providerId, silence: homeSilence }),
    provider: await party("remote", remote, { id: providerId, peerId: consumerId, silence: awaySilence }),
  };

  async function party(
    scope: Scope,
    cluster: Cluster,
    known: Pick<Party, "id" | "peerId" | "silence">,
  ): Promise<Party> {
    const answers = known.silence === undefined;
    return {
      scope,
      cluster,
      ...known,
      namespace: answers ? await findTenantNamespace(ctx, cluster.client, known.peerId) : undefined,
    };
  }
}

/** Undefined where there is nothing to do: it does not answer, or knows nothing of the peer. */
export function sideOf({ scope, cluster, peerId, namespace }: Party): Side | undefined {
  return namespace === undefined ? undefined : { scope, cluster, peerId, namespace };
}

async function silentId(ctx: Context, silent: Cluster, other: Cluster, silence: string): Promise<string> {
  const { items } = await other.client.list(ctx, foreignClusters);
  const id = idOfSilent(silent, items);
  if (id === undefined)
    throw new CliError(`${silence}, and which cluster it is cannot be told from its address`, {
      hint: `name it: \`liqoctl force unpeer <id>\`; known are ${items.map(({ metadata }) => metadata?.name).join(", ") || "none"}`,
    });
  await requireSilent(ctx, other, id, silence);
  return id;
}

/** Which of the known peers a silent cluster is: its address says so, or the name of the context it was asked for by. */
export function idOfSilent(
  { server, contextName }: Pick<Cluster, "server" | "contextName">,
  peers: readonly ForeignCluster[],
): string | undefined {
  const byAddress = peers.filter(({ status }) => status?.apiServerUrl === server);
  if (byAddress.length === 1) return byAddress[0]?.metadata?.name;
  return peers.find(({ metadata }) => metadata?.name === contextName)?.metadata?.name;
}

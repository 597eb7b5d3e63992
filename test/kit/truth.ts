/** What a consumer and its provider say of each other, so that it can be compared with what is the case. */
import assert from "node:assert/strict";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Clusters } from "./clusters.ts";

/** What of the way from consumer to provider is lost. */
export interface Lost {
  readonly api: boolean;
  readonly network: boolean;
}

export const NOTHING_LOST: Lost = { api: false, network: false };

/** Rejects unless milan's Node, ForeignCluster and info, and rome's info, tell just that of each other. */
export async function assertTold({ get, liqoctl }: Clusters, lost: Lost): Promise<void> {
  // Of the network the provider says the same, if it can be asked.
  const provider = lost.api ? undefined : liqoctl("info", "--context", "rome", "-o", "json");
  const [node, peer, info, other] = await Promise.all([
    get<Node>("milan", "node", "liqo-rome"),
    get<ForeignCluster>("milan", "foreigncluster", "rome"),
    liqoctl("info", "--context", "milan", "-o", "json"),
    provider,
  ]);
  const [seen] = peersOf(info);
  assert.deepEqual(
    {
      ready: conditionOf(node.status, "Ready"),
      networkUnavailable: conditionOf(node.status, "NetworkUnavailable"),
      apiServer: conditionOf(peer.status, "APIServerStatus"),
      connection: conditionOf(peer.status?.modules?.networking, "NetworkConnectionStatus"),
      info: [seen?.apiServerStatus, seen?.networkingStatus, seen?.offloadingStatus],
      provider: other === undefined ? undefined : peersOf(other)[0]?.networkingStatus,
    },
    {
      ready: lost.api ? "Unknown" : lost.network ? "False" : "True",
      networkUnavailable: lost.network ? "True" : "False",
      apiServer: lost.api ? "Error" : "Established",
      connection: lost.network ? "Error" : "Established",
      info: [health(!lost.api), health(!lost.network), health(!lost.api && !lost.network)],
      provider: lost.api ? undefined : health(!lost.network),
    },
  );
}

/** A pod that can be reached is ready, whatever is lost beside the network. */
export async function assertPodTold({ get }: Clusters, namespace: string, name: string, lost: Lost): Promise<void> {
  const { status } = await get<Pod>("milan", "pod", name, "-n", namespace);
  assert.equal(conditionOf(status, "Ready"), lost.network ? "False" : "True", `Ready of pod ${name}`);
}

interface PeerInfo {
  readonly apiServerStatus?: string;
  readonly networkingStatus: string;
  readonly offloadingStatus: string;
}

function peersOf(info: string): readonly PeerInfo[] {
  return (JSON.parse(info) as { peerings: { peers: PeerInfo[] } }).peerings.peers;
}

interface Conditioned {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

function conditionOf(status: Conditioned | undefined, type: string): string | undefined {
  return status?.conditions?.find((condition) => condition.type === type)?.status;
}

function health(isGood: boolean): string {
  return isGood ? "Healthy" : "Unhealthy";
}

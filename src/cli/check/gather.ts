/** Asks a cluster for all that is judged: once, in parallel, in limited time, and without a change. */
import { allKinds } from "#api/all.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, withTimeout } from "#base/context.ts";
import { FABRIC_SELECTOR } from "#forge/networking/names.ts";
import { API_SERVER_SLICES } from "#ipam/own-addresses.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { isSuccess, readText, statusErrorOf } from "#kube/client/transport.ts";
import {
  customResourceDefinitions,
  daemonSets,
  deployments,
  endpointSlices,
  leases,
  mutatingWebhookConfigurations,
  nodes,
  pods,
  services,
  validatingWebhookConfigurations,
} from "#machinery/builtin.ts";
import { askRights, type Need } from "../checks/rights.ts";
import { ANSWER_MS, type Cluster, findClusterId } from "../cluster.ts";
import { listCertified } from "../commands/info/certificates.ts";
import { INSTALL_NEEDS } from "../commands/install/perform.ts";
import { findUpstream } from "../commands/install/replaced.ts";
import { askPeer, lister, together } from "../why/peer-facts.ts";
import type { Access } from "../why/provider.ts";
import { type Hidden, isHidden, look, visible } from "../why/seen.ts";
import type { ApiServer, ClusterFacts, LiqoFacts, Machine } from "./facts.ts";
import { askMachines } from "./machines.ts";
import { peeringNeeds } from "./needs.ts";

const LIQO_PARTS = `${labels.PART_OF}=liqo`;

export interface Question {
  /** What it is called before it has an id. */
  readonly name: string;
  /** Whether it is judged as before an installation, whatever there is. */
  readonly isBefore: boolean;
  /** The other cluster, where it is named: what it has of a peering is asked for there. */
  readonly other: Cluster | undefined;
}

export async function gather(ctx: Context, cluster: Cluster, question: Question): Promise<ClusterFacts> {
  const { server, liqoNamespace } = cluster;
  const { name, isBefore, other } = question;
  const first = withTimeout(ctx, ANSWER_MS);
  const [api, id, otherId] = await Promise.all([
    look(askApi(first, cluster.client, systemClock)),
    look(findClusterId(first, cluster)),
    other === undefined ? undefined : look(findClusterId(first, other)),
  ]);
  const own = { name: visible(id) ?? name, id: visible(id), server, liqoNamespace, api };
  if (isHidden(api)) return { ...own, ...everythingHidden(api), nowMs: systemClock.epochMs() };
  // Who peers may see the id; who may not can do nothing with what is installed.
  const isInstalled = !isBefore && visible(id) !== undefined;
  const known = otherId === undefined ? undefined : visible(otherId);
  const remote = other === undefined ? undefined : { cluster: other, id: known };
  // A large cluster sends its lists in more time than it takes to answer.
  const limited = withTimeout(ctx, 3 * ANSWER_MS);
  const needs = isInstalled && known !== undefined ? peeringNeeds(known) : INSTALL_NEEDS;
  const [surroundings, liqo] = await Promise.all([
    gatherSurroundings(limited, cluster, needs),
    isInstalled ? gatherLiqo(limited, { home: cluster, remote }) : undefined,
  ]);
  return { ...own, ...surroundings, liqo };
}

function everythingHidden(hidden: Hidden) {
  return { rights: hidden, nodes: hidden, leases: hidden, services: hidden, upstream: hidden, liqo: undefined };
}

async function gatherSurroundings(ctx: Context, cluster: Cluster, needs: readonly Need[]) {
  const of = lister(ctx, cluster.client);
  const known = await together({
    rights: look(askRights(ctx, cluster, needs)),
    nodes: of(nodes),
    leases: of(leases, { namespace: "kube-node-lease" }),
    services: of(services),
    upstream: look(findUpstream(ctx, cluster)),
  });
  return { ...known, nowMs: systemClock.epochMs() };
}

async function gatherLiqo(ctx: Context, access: Access): Promise<LiqoFacts> {
  const { client, liqoNamespace: namespace } = access.home;
  const of = lister(ctx, client);
  const peers = await of(foreignClusters);
  return together({
    crds: look(askCrds(ctx, client)),
    deployments: of(deployments, { namespace, labelSelector: LIQO_PARTS }),
    daemonSets: of(daemonSets, { namespace, labelSelector: LIQO_PARTS }),
    pods: of(pods, { namespace, labelSelector: LIQO_PARTS }),
    mutating: of(mutatingWebhookConfigurations),
    validating: of(validatingWebhookConfigurations),
    endpointSlices: of(endpointSlices, { namespace }),
    apiServers: of(endpointSlices, API_SERVER_SLICES),
    networks: of(networks),
    peers: Promise.resolve(peers),
    certified: look(listCertified(ctx, access.home)),
    machines: look(askFabrics(ctx, access.home)),
    peerings: Promise.all((visible(peers) ?? []).map(({ metadata }) => askPeer(ctx, access, metadata?.name ?? ""))),
  });
}

async function askFabrics(ctx: Context, { client, liqoNamespace: namespace }: Cluster): Promise<readonly Machine[]> {
  const { items } = await client.list(ctx, pods, { namespace, labelSelector: FABRIC_SELECTOR });
  return askMachines(ctx, client, items);
}

/** One by one: the list of all CRDs of a cluster may have tens of megabytes. Those that are not there are left out. */
async function askCrds(ctx: Context, client: KubeClient) {
  const found = allKinds.map(({ plural, group }) =>
    client.find(ctx, customResourceDefinitions, { name: `${plural}.${group}` }),
  );
  return (await Promise.all(found)).flatMap((crd) => crd ?? []);
}

async function askApi(ctx: Context, { transport }: KubeClient, clock: Clock): Promise<ApiServer> {
  const sentMs = clock.epochMs();
  const response = await transport.send({ method: "GET", path: "/version", signal: ctx.signal });
  const receivedMs = clock.epochMs();
  const text = await readText(response, { mostBytes: 64 * 1024 });
  if (!isSuccess(response)) throw statusErrorOf(response, text, transport.config.server);
  const { gitVersion } = JSON.parse(text) as { readonly gitVersion?: unknown };
  return {
    version: typeof gitVersion === "string" ? gitVersion : "unknown",
    aheadMs: aheadMs(response.headers.date, sentMs, receivedMs),
  };
}

/** The header has whole seconds, cut off: what is within one, or the time of the question, is no difference. */
export function aheadMs(date: string | undefined, sentMs: number, receivedMs: number): number | undefined {
  const saidMs = Date.parse(date ?? "");
  if (Number.isNaN(saidMs)) return undefined;
  if (saidMs > receivedMs) return saidMs - receivedMs;
  return saidMs + 1_000 < sentMs ? saidMs + 1_000 - sentMs : 0;
}

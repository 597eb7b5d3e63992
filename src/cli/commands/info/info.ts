/** `liqoctl info`: health, this cluster, its network and its peers. Upstream: pkg/liqoctl/info */

import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { pods } from "#machinery/builtin.ts";
import { isReady } from "#machinery/pod.ts";
import { connectionProblems, connectionState } from "#trust/connection.ts";
import { apiServerStatus } from "#trust/reach.ts";
import { type Cluster, clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { openLocal } from "../../command/flag-groups.ts";
import { box } from "../../printer/table.ts";
import { findInstalled } from "../install/installed.ts";
import { certificatesOf, certifiedOf, firstEnd, formatEnd, listCertified } from "./certificates.ts";
import { formatAs, infoFlags } from "./output.ts";

export const infoCommand = command({
  path: ["info"],
  summary: "Show the state of Liqo and of its peerings.",
  examples: ["liqoctl info", "liqoctl info -o json", "liqoctl info --get clusterid"],
  flags: infoFlags,
  async run(ctx, env, { flags }) {
    using cluster = openLocal(flags, env);
    const all = await collectInfo(ctx, cluster);
    env.printer.print(formatAs(flags, { all, root: all, format: () => formatInfo(all, systemClock.epochMs()) }));
  },
});

export interface Info {
  readonly health: {
    readonly healthy: boolean;
    readonly unhealthyPods: Readonly<
      Record<string, { status: string; readyContainers: number; totalContainers: number; restarts: number }>
    >;
  };
  readonly local: {
    readonly clusterID: string;
    readonly version: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly APIServerAddr: string;
  };
  readonly network: {
    readonly podCIDRs: readonly string[];
    readonly serviceCIDR: string;
    readonly externalCIDR: string;
    readonly internalCIDR: string;
  };
  readonly peerings: { readonly peers: readonly PeerInfo[] };
}

export interface PeerInfo {
  readonly clusterID: string;
  readonly role: string;
  readonly networkingStatus: ModuleStatus;
  readonly authenticationStatus: ModuleStatus;
  readonly offloadingStatus: ModuleStatus;
  /** Absent where it is not asked: at a provider. Upstream has it in the ForeignCluster only. */
  readonly apiServerStatus?: ModuleStatus;
  /** Measured through the tunnel. */
  readonly latency?: string;
  /** Of the tunnel. */
  readonly mtu?: number;
  /** When the first of its certificates ends, given or taken. */
  readonly certificateEnds?: string;
}

/** Unknown: whoever would tell is silent. */
export type ModuleStatus = "Disabled" | "Healthy" | "Unhealthy" | "Unknown";

async function collectInfo(ctx: Context, cluster: Cluster): Promise<Info> {
  const clusterID = await clusterIdOf(ctx, cluster);
  const { client, liqoNamespace: namespace } = cluster;
  const [podList, networkList, peers, connectionList, installed, certified] = await Promise.all([
    client.list(ctx, pods, { namespace }),
    client.list(ctx, networks, { namespace }),
    client.list(ctx, foreignClusters),
    client.list(ctx, connections),
    findInstalled(ctx, cluster),
    listCertified(ctx, cluster),
  ]);
  const cidrs = (type: string): string[] =>
    networkList.items
      .filter(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === type)
      .flatMap(({ status, spec }) => status?.cidr ?? spec?.cidr ?? []);
  const unhealthy = podList.items.filter((pod) => !isReady(pod) && pod.status?.phase !== "Succeeded");
  const nowMs = systemClock.epochMs();
  const tunnelOf = (id: string): Connection["status"] =>
    connectionList.items.find(({ metadata }) => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === id)?.status;
  return {
    health: {
      healthy: unhealthy.length === 0,
      unhealthyPods: Object.fromEntries(
        unhealthy.map(({ metadata, status }) => {
          const containers = status?.containerStatuses ?? [];
          const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
          return [
            metadata?.name ?? "",
            {
              status: status?.phase ?? "Unknown",
              readyContainers: containers.filter(({ ready }) => ready).length,
              totalContainers: containers.length,
              restarts,
            },
          ];
        }),
      ),
    },
    local: {
      clusterID,
      version: installed?.version ?? "Unknown",
      labels: installed?.clusterLabels ?? {},
      APIServerAddr: cluster.server,
    },
    network: {
      podCIDRs: cidrs("pod-cidr"),
      serviceCIDR: cidrs("service-cidr")[0] ?? "",
      externalCIDR: cidrs("external-cidr")[0] ?? "",
      internalCIDR: cidrs("internal-cidr")[0] ?? "",
    },
    peerings: {
      peers: peers.items.map((peer) => {
        const id = peer.metadata?.name ?? "";
        return peerInfo(peer, tunnelOf(id), nowMs, firstEnd(certificatesOf(certifiedOf(certified, id))));
      }),
    },
  };
}

function peerInfo(
  peer: ForeignCluster,
  tunnel: Connection["status"],
  nowMs: number,
  ends: string | undefined,
): PeerInfo {
  // Of a connection that is lost, or of which nobody tells, it is what was measured last.
  const isConnected = connectionState(tunnel, nowMs) === "Connected";
  const [latency, mtu] = isConnected ? [tunnel?.latency?.value, tunnel?.mtu?.value] : [];
  const modules = peer.status?.modules;
  return {
    clusterID: peer.spec?.clusterID ?? "",
    role: peer.status?.role ?? "Unknown",
    networkingStatus: networkStatus(modules?.networking, tunnel, nowMs).status,
    authenticationStatus: moduleStatus(modules?.authentication),
    offloadingStatus: moduleStatus(modules?.offloading),
    ...apiServerHealth(peer),
    ...(latency !== undefined && { latency }),
    ...(mtu !== undefined && { mtu }),
    ...(ends !== undefined && { certificateEnds: ends }),
  };
}

/** Whether the peer's API server answers, as this cluster's controller manager sees it. */
export function apiServerHealth(peer: ForeignCluster): { readonly apiServerStatus?: ModuleStatus } {
  const status = apiServerStatus(peer);
  return status === undefined ? {} : { apiServerStatus: isGood({ status }) ? "Healthy" : "Unhealthy" };
}

export interface ReportedModule {
  readonly enabled: boolean;
  readonly conditions?: readonly { readonly status: string; readonly message?: string }[];
}

/** Healthy when every condition is Established or Ready. */
export function moduleStatus(module: ReportedModule | undefined): ModuleStatus {
  if (module?.enabled !== true) return "Disabled";
  const bad = (module.conditions ?? []).filter((condition) => !isGood(condition));
  if (bad.length === 0) return "Healthy";
  return bad.every(({ status }) => status === "Unknown") ? "Unknown" : "Unhealthy";
}

export interface ModuleHealth {
  readonly status: ModuleStatus;
  readonly alerts: readonly string[];
}

/** Of the network, also where whoever writes the ForeignCluster is silent itself. */
export function networkStatus(
  module: ReportedModule | undefined,
  connection: Connection["status"],
  nowMs: number,
): ModuleHealth {
  const status = moduleStatus(module);
  const problems = status === "Healthy" ? connectionProblems(connection, nowMs) : [];
  if (problems.length === 0) return { status, alerts: moduleAlerts(module) };
  return {
    status: problems.every(({ isUnknown }) => isUnknown) ? "Unknown" : "Unhealthy",
    alerts: problems.map(({ says }) => says),
  };
}

/** What the conditions that are not good say. */
export function moduleAlerts(module: ReportedModule | undefined): string[] {
  if (module?.enabled !== true) return [];
  return (module.conditions ?? []).filter((condition) => !isGood(condition)).map(({ message }) => message ?? "");
}

function isGood({ status }: { readonly status: string }): boolean {
  return status === "Established" || status === "Ready";
}

function formatTunnel({ latency, mtu }: PeerInfo): string {
  const told = [...(latency === undefined ? [] : [`latency ${latency}`]), ...(mtu === undefined ? [] : [`MTU ${mtu}`])];
  return told.length === 0 ? "" : ` (${told.join(", ")})`;
}

function formatInfo(info: Info, nowMs: number): string {
  const unhealthy = Object.entries(info.health.unhealthyPods).map(([name, pod]): [string, string] => [
    name,
    `${pod.status}, Ready ${pod.readyContainers}/${pod.totalContainers}, Restarts ${pod.restarts}`,
  ]);
  const peers = info.peerings.peers.flatMap((peer, i): [string, string][] => [
    ...(i > 0 ? ([["", ""]] as [string, string][]) : []),
    ["", peer.clusterID],
    ["  Role", peer.role],
    ...(peer.apiServerStatus === undefined
      ? []
      : ([["  API server status", peer.apiServerStatus]] as [string, string][])),
    ["  Networking status", `${peer.networkingStatus}${formatTunnel(peer)}`],
    ["  Authentication status", peer.authenticationStatus],
    ["  Offloading status", peer.offloadingStatus],
    ...(peer.certificateEnds === undefined
      ? []
      : ([["  Certificate ends", formatEnd(peer.certificateEnds, nowMs)]] as [string, string][])),
  ]);
  const labelText = Object.entries(info.local.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
  return [
    box("Installation health", [["", info.health.healthy ? "Liqo is healthy" : "Liqo is unhealthy"], ...unhealthy]),
    box("Local installation info", [
      ["Cluster ID", info.local.clusterID],
      ["Version", info.local.version],
      ["K8s API server", info.local.APIServerAddr],
      ...(labelText === "" ? [] : [["Cluster labels", labelText] as const]),
    ]),
    box("Network", [
      ["Pod CIDRs", info.network.podCIDRs.join(", ")],
      ["Service CIDR", info.network.serviceCIDR],
      ["External CIDR", info.network.externalCIDR],
      ["Internal CIDR", info.network.internalCIDR],
    ]),
    box("Active peerings", peers.length === 0 ? [["", "none"]] : peers),
  ].join("\n");
}

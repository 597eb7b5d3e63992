/** `liqoctl info peer`: one peering in detail. Upstream: pkg/liqoctl/info/peer */

import { CARRIER, CARRIERS_TRIED } from "#api/annotations.ts";
import { identities } from "#api/authentication/identity.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { type Cluster, clusterIdOf } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { box } from "../../printer/table.ts";
import { type CertificateDetails, certificatesOf, formatEnd } from "./certificates.ts";
import {
  apiServerHealth,
  type ModuleHealth,
  type ModuleStatus,
  moduleAlerts,
  moduleStatus,
  networkStatus,
} from "./info.ts";

type Resources = Readonly<Record<string, string>>;

interface Cidrs {
  readonly podCIDR: readonly string[];
  readonly externalCIDR: readonly string[];
}

interface Module {
  readonly status: ModuleStatus;
  readonly alerts?: readonly string[];
}

export interface PeerDetails {
  readonly info: { readonly clusterID: string; readonly role: string };
  readonly network: Module & {
    readonly CIDRs?: { readonly remote: Cidrs; readonly remapped: Cidrs };
    readonly gateway?: {
      readonly address: readonly string[];
      readonly port: number;
      readonly role: "Server" | "Client";
      /** Where its server takes TCP beside UDP: by which it is reached, and all that was tried. */
      readonly carrier?: string;
      readonly carriersTried?: string;
    };
    /** Of the tunnel. */
    readonly mtu?: MtuDetails;
  };
  readonly authentication: Module & {
    readonly APIServerAddr: string;
    /** Where it is reached through one. */
    readonly APIServerProxy?: string;
    /** Absent where it is not asked. */
    readonly apiServerStatus?: ModuleStatus;
    readonly resourceSlices: readonly SliceDetails[];
    readonly certificates: readonly CertificateDetails[];
  };
  readonly offloading: Module & { readonly virtualNodes: readonly VirtualNodeDetails[] };
}

export interface MtuDetails {
  readonly value: number;
  /** Configured: it could not be measured. */
  readonly origin: "Measured" | "Configured";
  /** When that was found. */
  readonly since: string;
}

export interface SliceDetails {
  readonly name: string;
  readonly action: "Consuming" | "Providing";
  readonly accepted: boolean;
  readonly alerts?: readonly string[];
  readonly resources: Resources;
}

export interface VirtualNodeDetails {
  readonly name: string;
  readonly status: ModuleStatus;
  readonly secret: string;
  readonly resourceSlice: string;
  readonly resources: Resources;
}

/** By cluster id; all peers when `ids` is empty. Throws a CliError that names ids without a peering. */
export async function collectPeers(
  ctx: Context,
  cluster: Cluster,
  ids: readonly string[],
): Promise<Record<string, PeerDetails>> {
  await clusterIdOf(ctx, cluster);
  const { items } = await cluster.client.list(ctx, foreignClusters);
  const known = items.map(idOf);
  const unknown = ids.filter((id) => !known.includes(id));
  if (unknown.length > 0)
    throw new CliError(`there is no peering with ${unknown.join(", ")}`, {
      hint: known.length === 0 ? "there are no peerings" : `there are peerings with ${known.join(", ")}`,
    });
  const wanted = items.filter((peer) => ids.length === 0 || ids.includes(idOf(peer)));
  return Object.fromEntries(
    await Promise.all(wanted.map(async (peer) => [idOf(peer), await detailsOf(ctx, cluster, peer)] as const)),
  );
}

function idOf(peer: ForeignCluster): string {
  return peer.spec?.clusterID ?? "";
}

async function detailsOf(ctx: Context, { client }: Cluster, peer: ForeignCluster): Promise<PeerDetails> {
  const { status } = peer;
  const scope = { labelSelector: `${labels.REMOTE_CLUSTER_ID}=${idOf(peer)}` };
  const [configs, servers, clients, slices, nodes, ofIdentities, ofTenants, tunnels] = await Promise.all([
    client.list(ctx, configurations, scope),
    client.list(ctx, gatewayServers, scope),
    client.list(ctx, gatewayClients, scope),
    client.list(ctx, resourceSlices, scope),
    client.list(ctx, virtualNodes, scope),
    client.list(ctx, identities, scope),
    client.list(ctx, tenants, scope),
    client.list(ctx, connections, scope),
  ]);
  const certified = { identities: ofIdentities.items, tenants: ofTenants.items, slices: slices.items };
  const [connection] = tunnels.items;
  const gateway = gatewayOf(servers.items[0]?.status?.endpoint, clients.items[0]?.spec?.endpoint, connection);
  const network = networkStatus(status?.modules?.networking, connection?.status, systemClock.epochMs());
  return {
    info: { clusterID: idOf(peer), role: status?.role ?? "Unknown" },
    network: {
      ...healthOf(network),
      ...rangesOf(configs.items[0]),
      ...(gateway !== undefined && { gateway }),
      ...mtuOf(connection),
    },
    authentication: {
      ...moduleOf(status?.modules?.authentication),
      APIServerAddr: status?.apiServerUrl ?? "",
      ...((status?.foreignProxyUrl ?? "") !== "" && { APIServerProxy: status?.foreignProxyUrl ?? "" }),
      ...apiServerHealth(peer),
      certificates: certificatesOf(certified),
      resourceSlices: slices.items.map(sliceDetails),
    },
    offloading: {
      ...moduleOf(status?.modules?.offloading),
      virtualNodes: nodes.items.map((node) => ({
        name: node.metadata?.name ?? "",
        status: (node.status?.conditions ?? []).every((each) => ["Running", "None"].includes(each.status))
          ? "Healthy"
          : "Unhealthy",
        secret: node.spec?.kubeconfigSecretRef?.name ?? "",
        resourceSlice: node.metadata?.ownerReferences?.find(({ kind }) => kind === "ResourceSlice")?.name ?? "",
        resources: amounts(node.spec?.resourceQuota?.hard),
      })),
    },
  };
}

function sliceDetails(slice: ResourceSlice): SliceDetails {
  const conditions = slice.status?.conditions ?? [];
  const alerts = conditions.filter((each) => each.status !== "Accepted").map(({ message }) => message ?? "");
  const accepted = (type: string) => conditions.some((each) => each.type === type && each.status === "Accepted");
  return {
    name: slice.metadata?.name ?? "",
    action: isReplica(slice) ? "Providing" : "Consuming",
    accepted: accepted("Authentication") && accepted("Resources"),
    ...(alerts.length > 0 && { alerts }),
    resources: amounts(slice.status?.resources ?? slice.spec?.resources),
  };
}

function moduleOf(module: Parameters<typeof moduleStatus>[0]): Module {
  return healthOf({ status: moduleStatus(module), alerts: moduleAlerts(module) });
}

function healthOf({ status, alerts }: ModuleHealth): Module {
  return { status, ...(alerts.length > 0 && { alerts }) };
}

function rangesOf(configuration: Configuration | undefined): Pick<PeerDetails["network"], "CIDRs"> {
  if (configuration === undefined) return {};
  const { spec, status } = configuration;
  return { CIDRs: { remote: cidrsOf(spec?.remote?.cidr), remapped: cidrsOf(status?.remote?.cidr) } };
}

function mtuOf(connection: Connection | undefined): Pick<PeerDetails["network"], "mtu"> {
  const { value, origin, timestamp: since } = connection?.status?.mtu ?? {};
  return value === undefined || origin === undefined || since === undefined ? {} : { mtu: { value, origin, since } };
}

interface Endpoint {
  readonly addresses?: readonly string[];
  readonly port?: number;
  readonly ports?: readonly number[];
}

function gatewayOf(
  server: Endpoint | undefined,
  client: Endpoint | undefined,
  connection: Connection | undefined,
): PeerDetails["network"]["gateway"] {
  const endpoint = server ?? client;
  if (endpoint === undefined) return undefined;
  const { [CARRIER]: carrier, [CARRIERS_TRIED]: carriersTried } = connection?.metadata?.annotations ?? {};
  return {
    address: endpoint.addresses ?? [],
    port: endpoint.port ?? endpoint.ports?.[0] ?? 0,
    role: server === undefined ? "Client" : "Server",
    ...(carrier !== undefined && { carrier }),
    ...(carriersTried !== undefined && { carriersTried }),
  };
}

function cidrsOf(cidr: { readonly pod?: readonly string[]; readonly external?: readonly string[] } | undefined): Cidrs {
  return { podCIDR: cidr?.pod ?? [], externalCIDR: cidr?.external ?? [] };
}

function isReplica({ metadata }: KubeObject): boolean {
  return metadata?.labels?.[labels.REPLICATED] === "true";
}

function amounts(resources: Readonly<Record<string, string | number>> | undefined): Resources {
  return Object.fromEntries(Object.entries(resources ?? {}).map(([name, amount]) => [name, String(amount)]));
}

export function formatPeers(peers: Readonly<Record<string, PeerDetails>>, nowMs: number): string {
  const all = Object.values(peers);
  return all.length === 0
    ? box("Active peerings", [["", "none"]])
    : all.map((peer) => formatPeer(peer, nowMs)).join("\n\n");
}

type Line = readonly [string, string];

function formatPeer({ info, network, authentication, offloading }: PeerDetails, nowMs: number): string {
  return [
    box("Peer cluster info", [
      ["Cluster ID", info.clusterID],
      ["Role", info.role],
    ]),
    box("Network", [
      ...moduleLines(network),
      ...cidrLines(network.CIDRs),
      ...gatewayLines(network.gateway),
      ...mtuLines(network.mtu),
    ]),
    box("Authentication", [
      ...moduleLines(authentication),
      ["API server", authentication.APIServerAddr],
      ...(authentication.APIServerProxy === undefined
        ? []
        : [["API server proxy", authentication.APIServerProxy] as const]),
      ...(authentication.apiServerStatus === undefined
        ? []
        : [["API server status", authentication.apiServerStatus] as const]),
      ...heading("Resource slices", authentication.resourceSlices, (slice) => [
        ["", `  ${slice.name} (${slice.accepted ? "accepted" : "not accepted"})`],
        ["    Action", slice.action],
        ...(slice.alerts ?? []).map((alert): Line => ["    Alert", alert]),
        ...resourceLines(slice.resources),
      ]),
      ...heading("Certificates", authentication.certificates, ({ name, type, action, ends }) => [
        ["", `  ${name} (${type})`],
        ["    Action", action],
        ["    Ends", formatEnd(ends, nowMs)],
      ]),
    ]),
    box("Offloading", [
      ...moduleLines(offloading),
      ...heading("Virtual nodes", offloading.virtualNodes, (node) => [
        ["", `  ${node.name}`],
        ["    Status", node.status],
        ["    Secret", node.secret],
        ...(node.resourceSlice === "" ? [] : [["    Resource slice", node.resourceSlice] as const]),
        ...resourceLines(node.resources),
      ]),
    ]),
  ].join("\n");
}

function moduleLines({ status, alerts = [] }: Module): Line[] {
  return [["Status", status], ...alerts.map((alert): Line => ["Alert", alert])];
}

function cidrLines(cidrs: PeerDetails["network"]["CIDRs"]): Line[] {
  if (cidrs === undefined) return [];
  const line = (name: keyof Cidrs): string => {
    const [remote, remapped] = [cidrs.remote[name].join(", "), cidrs.remapped[name].join(", ")];
    return remote === remapped ? remote : `${remote}, remapped to ${remapped}`;
  };
  return [
    ["Remote pod CIDR", line("podCIDR")],
    ["Remote external CIDR", line("externalCIDR")],
  ];
}

function gatewayLines(gateway: PeerDetails["network"]["gateway"]): Line[] {
  if (gateway === undefined) return [];
  return [
    ["Gateway role", gateway.role],
    ["Gateway address", gateway.address.join(", ")],
    ["Gateway port", String(gateway.port)],
    ...(gateway.carrier === undefined ? [] : [["Carrier", gateway.carrier] as const]),
    ...(gateway.carriersTried === undefined ? [] : [["Carriers tried", gateway.carriersTried] as const]),
  ];
}

function mtuLines(mtu: MtuDetails | undefined): Line[] {
  return mtu === undefined ? [] : [["MTU", `${mtu.value} (${mtu.origin.toLowerCase()})`]];
}

function heading<T>(title: string, items: readonly T[], lines: (item: T) => Line[]): Line[] {
  return items.length === 0 ? [] : [["", title], ...items.flatMap(lines)];
}

function resourceLines(resources: Resources): Line[] {
  return Object.entries(resources).map(([name, amount]) => [`    ${name}`, amount]);
}

/** One side of a peering, of all the objects that this cluster has of it. */
import type { Pod } from "kubernetes-types/core/v1";
import { CARRIER, CONNECTION_PROBLEM } from "#api/annotations.ts";
import type { Identity } from "#api/authentication/identity.ts";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { Connection } from "#api/networking/connection.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { isReplica } from "#api/predicates.ts";
import { parseDuration } from "#base/duration.ts";
import { certificatesOf } from "#cli/commands/info/certificates.ts";
import { findCondition } from "#machinery/conditions.ts";
import { isTerminal } from "#machinery/pod.ts";
import { type Health, itemKey, type PeeringItem, type PeeringModule } from "../../model/items.ts";
import { amountsOf, sumOf } from "./amounts.ts";
import { requestsOf } from "./pod.ts";

/** All with the label of the peer, in the tenant namespace. */
export interface PeeringFacts {
  readonly cluster: string;
  readonly peer: ForeignCluster;
  readonly connections: readonly Connection[];
  readonly configurations: readonly Configuration[];
  readonly servers: readonly GatewayServer[];
  readonly clients: readonly GatewayClient[];
  readonly slices: readonly ResourceSlice[];
  readonly identities: readonly Identity[];
  readonly tenants: readonly Tenant[];
  readonly virtualNodes: readonly VirtualNode[];
  readonly podsOn: (node: string) => readonly Pod[];
}

export function peeringItem(facts: PeeringFacts): PeeringItem {
  const { cluster, peer } = facts;
  const name = peer.metadata?.name ?? "";
  const modules = modulesOf(peer);
  const connection = connectionOf(facts);
  return {
    ...{ key: itemKey("peering", cluster, "", name), cluster, kind: "peering", peer: name },
    role: peer.status?.role ?? "Unknown",
    health: healthOf(peer, modules, connection),
    modules,
    ...(connection !== undefined && { connection }),
    cidrs: facts.configurations.slice(0, 1).flatMap(cidrsOf),
    certificates: certificatesOf(facts).map((each) => ({ name: each.name, endsAt: each.ends })),
    slices: facts.slices.filter((slice) => !isReplica(slice)).map((slice) => sliceOf(slice, facts)),
  };
}

const NAMES = ["networking", "authentication", "offloading"] as const;

function modulesOf({ status }: ForeignCluster): PeeringModule[] {
  return NAMES.map((name) => {
    const { enabled = false, conditions = [] } = status?.modules?.[name] ?? {};
    return {
      ...{ name, enabled },
      conditions: conditions.map((condition) => ({
        ...{ type: condition.type, status: condition.status },
        ...(condition.message !== undefined && { message: condition.message.slice(0, 500) }),
      })),
    };
  });
}

function connectionOf({ peer, connections, servers, clients }: PeeringFacts): PeeringItem["connection"] {
  const [connection] = connections;
  if (connection === undefined) return undefined;
  const { status, metadata } = connection;
  const judged = findCondition(peer.status?.modules?.networking.conditions, "NetworkConnectionStatus");
  const isUnknown = status?.value === "Connected" && judged?.status === "Unknown";
  const paths = isUnknown || judged?.status === "SomeNotReady" ? judged.message : undefined;
  const { [CARRIER]: carrier, [CONNECTION_PROBLEM]: message } = metadata?.annotations ?? {};
  const latencyMs = parseDuration(status?.latency?.value ?? "");
  const mtu = status?.mtu?.value;
  const endpoint = endpointOf(servers[0]?.status?.endpoint ?? clients[0]?.spec?.endpoint);
  return {
    state: isUnknown ? "Unknown" : (status?.value ?? ""),
    ...(latencyMs !== undefined && latencyMs > 0 && { latencyMs: Math.round(latencyMs * 1_000) / 1_000 }),
    ...(mtu !== undefined && { mtu }),
    ...(carrier !== undefined && { carrier }),
    ...(endpoint !== undefined && { endpoint }),
    ...(message !== undefined && { message: message.slice(0, 500) }),
    ...(paths !== undefined && { paths: paths.slice(0, 500) }),
  };
}

interface Endpoint {
  readonly addresses?: readonly string[];
  readonly port?: number;
  readonly ports?: readonly number[];
}

function endpointOf({ addresses = [], port, ports = [] }: Endpoint = {}): string | undefined {
  const [address] = addresses;
  if (address === undefined) return undefined;
  return `${address.includes(":") ? `[${address}]` : address}:${port ?? ports[0] ?? 0}`;
}

function cidrsOf({ spec, status }: Configuration): PeeringItem["cidrs"] {
  return (["pod", "external"] as const).flatMap((what) => {
    const here = status?.remote?.cidr?.[what] ?? [];
    return (spec?.remote?.cidr?.[what] ?? []).map((theirs, i) => ({ what, theirs, here: here[i] ?? theirs }));
  });
}

function sliceOf(slice: ResourceSlice, { virtualNodes, podsOn }: PeeringFacts): PeeringItem["slices"][number] {
  const name = slice.metadata?.name ?? "";
  const conditions = slice.status?.conditions ?? [];
  const accepted = ["Authentication", "Resources"].every((type) =>
    conditions.some((each) => each.type === type && each.status === "Accepted"),
  );
  const message = conditions.find(({ status }) => status !== "Accepted")?.message;
  const nodes = virtualNodes.filter(({ metadata }) =>
    metadata?.ownerReferences?.some(({ kind, name: owner }) => kind === "ResourceSlice" && owner === name),
  );
  const pods = nodes.flatMap(({ metadata }) => podsOn(metadata?.name ?? "")).filter((pod) => !isTerminal(pod));
  return {
    ...{ name, accepted, granted: amountsOf(slice.status?.resources), used: sumOf(pods.map(requestsOf)) },
    ...(message !== undefined && { message: message.slice(0, 500) }),
  };
}

/** Statuses of a ForeignCluster's conditions; what is on its way is neither. */
const BAD = ["Error", "NotReady", "SomeNotReady", "Unknown"];
const GOOD = ["Established", "Ready"];

function healthOf(
  { metadata, status }: ForeignCluster,
  modules: readonly PeeringModule[],
  connection: PeeringItem["connection"],
): Health {
  if (metadata?.deletionTimestamp !== undefined) return "ending";
  const enabled = modules.filter((module) => module.enabled);
  const told = [...(status?.conditions ?? []), ...enabled.flatMap(({ conditions }) => conditions)];
  if (connection?.state === "Error" || told.some((each) => BAD.includes(each.status))) return "bad";
  const isThere = told.every((each) => GOOD.includes(each.status) || each.status === "None");
  const isConnected = connection === undefined || connection.state === "Connected";
  return isThere && isConnected && enabled.length > 0 ? "good" : "waiting";
}

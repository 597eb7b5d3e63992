/** The status of a ForeignCluster, rebuilt from what exists. Upstream: pkg/liqo-controller-manager/core/foreigncluster-controller */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Node, Pod } from "kubernetes-types/core/v1";
import { CARRIER, CONNECTION_PROBLEM } from "#api/annotations.ts";
import type { Identity } from "#api/authentication/identity.ts";
import type { Tenant } from "#api/authentication/tenant.ts";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { Connection } from "#api/networking/connection.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { isConditionTrue, withCondition } from "#machinery/conditions.ts";
import { isReady } from "#machinery/pod.ts";
import { connectionProblems } from "#trust/connection.ts";
import { IDENTITY_REFUSED, isDeclaredGone } from "#trust/reach.ts";
import type { PeerState } from "./ping.ts";

export interface PeerObjects {
  readonly tenant: Tenant | undefined;
  readonly identity: Identity | undefined;
  readonly configuration: Configuration | undefined;
  readonly connection: Connection | undefined;
  readonly gatewayServer: GatewayServer | undefined;
  readonly gatewayClient: GatewayClient | undefined;
  readonly gatewayDeployments: readonly Deployment[];
  readonly virtualNodes: readonly VirtualNode[];
  readonly virtualKubeletPods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** Outcome of the last ping; undefined before the first, or without an identity. */
  readonly apiServer: PeerState | undefined;
}

type Status = NonNullable<ForeignCluster["status"]>;
type Condition = NonNullable<Status["conditions"]>[number];
type Module = NonNullable<Status["modules"]>["networking"];

export function foreignClusterStatus(cluster: ForeignCluster, seen: PeerObjects, nowMs: number): Status {
  const before = cluster.status;
  const modules = before?.modules;
  const networking = moduleStatus(modules?.networking, networkingConditions(seen, nowMs), nowMs);
  const authentication = moduleStatus(modules?.authentication, authenticationConditions(seen), nowMs);
  const offloading = moduleStatus(modules?.offloading, offloadingConditions(seen), nowMs);
  const isConsumer = seen.tenant !== undefined;
  const isProvider = seen.identity !== undefined || seen.virtualNodes.length > 0;
  const { apiServer, proxyURL } = seen.identity?.spec?.authParams ?? {};
  const local = seen.identity?.metadata?.namespace ?? seen.tenant?.metadata?.namespace;
  const remote = seen.identity?.spec?.namespace;
  const tenantNamespace = { ...(local !== undefined && { local }), ...(remote !== undefined && { remote }) };
  return {
    observedGeneration: cluster.metadata?.generation ?? 0,
    role: isConsumer ? (isProvider ? "ConsumerAndProvider" : "Consumer") : isProvider ? "Provider" : "Unknown",
    modules: { networking, authentication, offloading },
    ...(apiServer !== undefined && { apiServerUrl: apiServer }),
    ...(proxyURL !== undefined && { foreignProxyUrl: proxyURL }),
    ...(Object.keys(tenantNamespace).length > 0 && { tenantNamespace }),
    ...generic(cluster, seen.apiServer, nowMs),
  };
}

/** Of a peer that is given up the last word stays when its identity goes: what is left of the peering goes by it. */
function generic(
  cluster: ForeignCluster,
  apiServer: PeerObjects["apiServer"],
  nowMs: number,
): Pick<Status, "conditions"> {
  const before = cluster.status?.conditions;
  if (apiServer !== undefined)
    return { conditions: keepTransitionTimes(before, [apiServerCondition(apiServer)], nowMs) };
  return isDeclaredGone(cluster) && before !== undefined ? { conditions: before } : {};
}

function moduleStatus(before: Module | undefined, conditions: Condition[], nowMs: number): Module {
  if (conditions.length === 0) return { enabled: false };
  return { enabled: true, conditions: keepTransitionTimes(before?.conditions, conditions, nowMs) };
}

/** Exactly these conditions, with the transition times of those that did not change. */
function keepTransitionTimes(
  before: Condition[] | undefined,
  wanted: readonly Condition[],
  nowMs: number,
): Condition[] {
  return wanted.flatMap((condition) => {
    const previous = before?.find(({ type }) => type === condition.type);
    return withCondition<Condition>(previous === undefined ? [] : [previous], condition, nowMs);
  });
}

function networkingConditions(seen: PeerObjects, nowMs: number): Condition[] {
  const gateways = [seen.gatewayServer, seen.gatewayClient].filter((gateway) => gateway !== undefined);
  if (seen.configuration === undefined && seen.connection === undefined && gateways.length === 0) return [];
  const configuration: Condition =
    seen.configuration === undefined
      ? condition(
          "NetworkConfigurationStatus",
          "NotReady",
          "NetworkConfigurationMissing",
          "The network configuration for the connection with the foreign cluster is missing",
        )
      : condition(
          "NetworkConfigurationStatus",
          "Ready",
          "NetworkConfigurationPresence",
          "The network configuration of the peer cluster is present",
        );
  const presence: Condition =
    gateways.length === 0
      ? condition(
          "NetworkGatewayPresence",
          "NotReady",
          "GatewayMissing",
          "The gateway resource connecting to the foreign cluster is missing",
        )
      : condition(
          "NetworkGatewayPresence",
          "Ready",
          "GatewayPresence",
          "There is a gateway connecting to the foreign cluster",
        );
  return [
    configuration,
    presence,
    ...(seen.gatewayServer === undefined
      ? []
      : [gatewayCondition("NetworkGatewayServerStatus", seen.gatewayDeployments)]),
    ...(seen.gatewayClient === undefined
      ? []
      : [gatewayCondition("NetworkGatewayClientStatus", seen.gatewayDeployments)]),
    connectionCondition(seen.connection, nowMs),
  ];
}

function connectionCondition(connection: Connection | undefined, nowMs: number): Condition {
  const type = "NetworkConnectionStatus";
  if (connection === undefined)
    return condition(type, "NotReady", "ConnectionMissing", "There is no network connection with the foreign cluster");
  const problems = connectionProblems(connection.status, nowMs);
  const told = problems.map(({ says }) => says).join("; ");
  if (problems.length > 0)
    return problems.every(({ isUnknown }) => isUnknown)
      ? condition(type, "Unknown", "ConnectionUnknown", told)
      : condition(type, "SomeNotReady", "PathsBroken", told);
  switch (connection.status?.value) {
    case "Connected":
      return condition(
        type,
        "Established",
        "ConnectionEstablished",
        `The network connection with the foreign cluster is established${carrierOf(connection)}`,
      );
    case "Connecting":
      return condition(
        type,
        "Pending",
        "ConnectionPending",
        `The network connection with the foreign cluster is connecting${problemOf(connection)}`,
      );
    default:
      return condition(
        type,
        "Error",
        "ConnectionError",
        `The network connection with the foreign cluster is in error${problemOf(connection)}`,
      );
  }
}

/** Where UDP is shut; what is usual is not told. */
function carrierOf({ metadata }: Connection): string {
  const carrier = metadata?.annotations?.[CARRIER];
  return carrier?.startsWith("TCP") ? ` over ${carrier}` : "";
}

/** What the gateway has tried in vain. */
function problemOf({ metadata }: Connection): string {
  const problem = metadata?.annotations?.[CONNECTION_PROBLEM];
  return problem === undefined ? "" : `: ${problem}`;
}

function gatewayCondition(type: Condition["type"], deployments: readonly Deployment[]): Condition {
  const ready = deployments.reduce((sum, { status }) => sum + (status?.readyReplicas ?? 0), 0);
  const unavailable = deployments.reduce((sum, { status }) => sum + (status?.unavailableReplicas ?? 0), 0);
  if (ready === 0) return condition(type, "NotReady", "GatewaysNotReady", "All gateway replicas are not ready");
  if (unavailable > 0)
    return condition(type, "SomeNotReady", "GatewaysSomeNotReady", "Some gateway replicas are not ready");
  return condition(type, "Ready", "GatewaysReady", "All gateway replicas are ready");
}

function authenticationConditions({ tenant, identity, apiServer }: PeerObjects): Condition[] {
  const conditions: Condition[] = [];
  if (tenant !== undefined) {
    const isTolerant = tenant.spec?.authzPolicy === "TolerateNoHandshake";
    const isDone =
      (isTolerant || tenant.status?.authParams !== undefined) && (tenant.status?.tenantNamespace ?? "") !== "";
    conditions.push(
      isDone
        ? condition("AuthTenantStatus", "Ready", "TenantReady", "The tenant has been successfully configured")
        : condition("AuthTenantStatus", "NotReady", "TenantNotReady", "The tenant is not correctly configured"),
    );
  }
  if (identity !== undefined) {
    const isDone = (identity.status?.kubeconfigSecretRef?.name ?? "") !== "";
    conditions.push(
      apiServer === "refused"
        ? condition(
            "AuthIdentityControlPlaneStatus",
            "NotReady",
            IDENTITY_REFUSED,
            "The foreign cluster does not let the identity into its tenant namespace any more",
          )
        : isDone
          ? condition(
              "AuthIdentityControlPlaneStatus",
              "Ready",
              "IdentityReady",
              "The identity has been successfully configured",
            )
          : condition(
              "AuthIdentityControlPlaneStatus",
              "NotReady",
              "IdentityNotReady",
              "The identity is not correctly configured",
            ),
    );
  }
  return conditions;
}

function offloadingConditions({ virtualNodes, virtualKubeletPods, nodes }: PeerObjects): Condition[] {
  if (virtualNodes.length === 0) return [];
  const wanted = virtualNodes.filter(({ spec }) => spec?.createNode !== false).length;
  const readyNodes = nodes.filter(({ status }) => isConditionTrue(status?.conditions, "Ready")).length;
  return [
    amount(
      "OffloadingVirtualNodeStatus",
      "VirtualNodes",
      "virtual nodes",
      virtualKubeletPods.filter(isReady).length,
      virtualKubeletPods.length,
    ),
    amount("OffloadingNodeStatus", "Nodes", "nodes", readyNodes, wanted),
  ];
}

function amount(type: Condition["type"], reason: string, what: string, ready: number, total: number): Condition {
  if (ready >= total) return condition(type, "Ready", `${reason}Ready`, `All ${what} are ready`);
  if (ready === 0) return condition(type, "NotReady", `${reason}NotReady`, `All ${what} are not ready`);
  return condition(type, "SomeNotReady", `${reason}SomeNotReady`, `Some ${what} are not ready`);
}

function apiServerCondition(state: PeerState): Condition {
  return state !== "notReady"
    ? condition("APIServerStatus", "Established", "APIServerReady", "The foreign cluster API Server is ready")
    : condition("APIServerStatus", "Error", "APIServerNotReady", "The foreign cluster API Server is not ready");
}

function condition(type: Condition["type"], status: Condition["status"], reason: string, message: string): Condition {
  return { type, status, reason, message };
}

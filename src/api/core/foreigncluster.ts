/** ForeignCluster: read-mostly summary of one peer. Upstream: apis/core/v1beta1/foreigncluster_types.go */

import { clusterId, dateTime } from "../schema/common.ts";
import { array, boolean, integer, object, oneOf, required, rules, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const CONDITION_STATUSES = [
  ...(["None", "Pending", "Established", "Error", "Ready", "NotReady", "SomeNotReady"] as const),
  // Not in upstream.
  "Unknown",
] as const;
const CONDITION_TYPES = [
  "APIServerStatus",
  "NetworkConnectionStatus",
  "NetworkGatewayServerStatus",
  "NetworkGatewayClientStatus",
  "NetworkGatewayPresence",
  "NetworkConfigurationStatus",
  "AuthIdentityControlPlaneStatus",
  "AuthTenantStatus",
  "OffloadingVirtualNodeStatus",
  "OffloadingNodeStatus",
] as const;

const conditions = array(
  object({
    lastTransitionTime: dateTime,
    message: string(),
    reason: string(),
    status: required(oneOf(CONDITION_STATUSES, { default: "None" })),
    type: required(oneOf(CONDITION_TYPES)),
  }),
);

const module = object({ conditions, enabled: required(boolean()) });

export const foreignClusters = defineKind({
  group: "core.liqo.io",
  version: "v1beta1",
  kind: "ForeignCluster",
  plural: "foreignclusters",
  shortNames: ["fc"],
  scope: "Cluster",
  description: "What this cluster knows of one peer: its role, the state of each module and of its API server.",
  spec: object({
    clusterID: required(rules(clusterId, { message: "ClusterID field is immutable", rule: "self == oldSelf" })),
  }),
  status: object({
    apiServerUrl: string(),
    conditions,
    foreignProxyUrl: string(),
    modules: object({ authentication: required(module), networking: required(module), offloading: required(module) }),
    observedGeneration: integer("int64"),
    role: required(oneOf(["Consumer", "Provider", "ConsumerAndProvider", "Unknown"], { default: "Unknown" })),
    tenantNamespace: object({ local: string(), remote: string() }),
  }),
  subresources: "status",
  columns: [
    { name: "Role", type: "string", jsonPath: ".status.role" },
    { name: "ClusterID", type: "string", jsonPath: ".spec.clusterID", priority: 1 },
    AGE,
  ],
});

export type ForeignCluster = ObjectOfKind<typeof foreignClusters>;

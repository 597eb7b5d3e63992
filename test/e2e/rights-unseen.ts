/** Rights that the life in rights-life.ts does not use, and why the chart grants them all the same. */
import type { Grant } from "#kit/rights.ts";

export interface Unseen {
  readonly role: string;
  readonly grants: readonly Grant[];
  readonly reason: string;
}

const MANAGER = "ClusterRole liqo-controller-manager";
const REMOTE = "ClusterRole liqo-virtual-kubelet-remote";

export const UNSEEN: readonly Unseen[] = [
  {
    role: "ClusterRole liqo-pre-delete",
    grants: ["delete foreignclusters.core.liqo.io", "delete routeconfigurations.networking.liqo.io"],
    reason: "peers that were left without --delete-namespaces, and routes that outlive the node they are of",
  },
  {
    role: MANAGER,
    grants: ["approve signers.certificates.k8s.io", "bind clusterroles.rbac.authorization.k8s.io"],
    reason: "asked by the API server itself, which logs no request for it",
  },
  {
    role: MANAGER,
    grants: [
      ...["identities", "resourceslices", "tenants"].map((name) => `update ${name}/finalizers.authentication.liqo.io`),
      ...["configurations", "internalfabrics"].map((name) => `update ${name}/finalizers.networking.liqo.io`),
      ...["gatewayservers", "gatewayclients"].map((name) => `update ${name}/finalizers.networking.liqo.io`),
      ...["wggatewayservers", "wggatewayclients"].map((name) => `update ${name}/finalizers.networking.liqo.io`),
      ...["shadowpods", "shadowendpointslices", "shadownetworkpolicies"].map(
        (name) => `update ${name}/finalizers.offloading.liqo.io`,
      ),
      "create endpointslices/restricted.discovery.k8s.io",
    ],
    reason: "asked by admission plugins that OpenShift has and Kubernetes does not enable",
  },
  { role: MANAGER, grants: ["delete pods"], reason: "a peer that is gone for good, whose pods nobody ends" },
  { role: MANAGER, grants: ["delete internalnodes.networking.liqo.io"], reason: "a node that leaves the cluster" },
  { role: MANAGER, grants: ["delete ips.ipam.liqo.io"], reason: "a proxy that goes, or gets another address" },
  { role: MANAGER, grants: ["delete networks.ipam.liqo.io"], reason: "a peer that gives up one of several CIDRs" },
  {
    role: "ClusterRole liqo-remote-controlplane",
    grants: ["delete renews.authentication.liqo.io"],
    reason: "who is first when an Identity goes: the consumer's copy of the Renew, or the provider's Tenant",
  },
  {
    role: "ClusterRole liqo-remote-controlplane",
    grants: ["update renews.authentication.liqo.io"],
    reason: "a consumer that has changed its key",
  },
  {
    role: "ClusterRole liqo-virtual-kubelet-remote-clusterwide",
    grants: ["get scrape/metrics.metrics.liqo.io"],
    reason: "a provider with a metrics agent",
  },
  {
    role: "ClusterRole liqo-remote-controlplane",
    grants: [
      ...["resourceslices", "renews"].map((name) => `patch ${name}.authentication.liqo.io`),
      "patch namespacemaps.offloading.liqo.io",
    ],
    reason: "a consumer that runs another release of upstream: no more than update, and the webhooks see both",
  },
  { role: REMOTE, grants: ["get secrets"], reason: "a token's Secret whose name is taken: whose is it?" },
  { role: REMOTE, grants: ["list pods.metrics.k8s.io"], reason: "a provider with a metrics server" },
  {
    role: REMOTE,
    grants: [
      ...["configmaps", "services", "persistentvolumeclaims", "events", "pods"].map((name) => `get ${name}`),
      ...["shadowpods", "shadowendpointslices"].map((name) => `get ${name}.offloading.liqo.io`),
      "get ingresses.networking.k8s.io",
      ...["get", "watch"].map((verb) => `${verb} pods.metrics.k8s.io`),
    ],
    reason: "a consumer that runs another release of upstream: no more than list",
  },
  {
    role: REMOTE,
    grants: [
      ...["configmaps", "secrets", "services", "persistentvolumeclaims"].map((name) => `update ${name}`),
      "update ingresses.networking.k8s.io",
    ],
    reason: "a consumer that runs another release of upstream: no more than patch",
  },
  {
    role: "ClusterRole liqo-virtual-kubelet-local-namespace",
    grants: ["patch persistentvolumeclaims"],
    reason: "a provider that offers no storage classes: claims are given back to the scheduler",
  },
  {
    role: REMOTE,
    grants: ["update shadowpods.offloading.liqo.io", "update shadowendpointslices.offloading.liqo.io"],
    reason: "a consumer that runs upstream's virtual kubelet",
  },
  {
    role: REMOTE,
    grants: ["exec", "attach", "portforward"].map((name) => `create pods/${name}`),
    reason: "a consumer that speaks SPDY; Kubernetes 1.35 asks for it over WebSocket, too",
  },
  ...["liqo-gateway", "liqo-fabric"].map((name) => ({
    role: `ClusterRole ${name}`,
    grants: ["patch events"],
    reason: "an event that repeats itself",
  })),
];

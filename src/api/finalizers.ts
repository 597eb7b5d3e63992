/** Finalizers of Liqo's controllers, and the taint of virtual nodes. Upstream: pkg/consts and the controllers named in each line */
export const REPLICATOR = "crdreplicator.liqo.io/operator";
export const REPLICATED_RESOURCE = "crdreplicator.liqo.io/resource";
export const TENANT = "tenant.liqo.io/finalizer";
export const NAMESPACE_OFFLOADING = "namespaceoffloading-controller.liqo.io/finalizer";
export const NAMESPACE_MAP = "namespacemap-controller.liqo.io/finalizer";
export const VIRTUAL_NODE = "virtualnode-controller.liqo.io/finalizer";
export const API_SERVER_CHECKER = "api-server-checker.liqo.io/finalizer";
export const NETWORK = "network.ipam.liqo.io/finalizer";
export const IP = "ip.ipam.liqo.io/finalizer";
export const IP_MAPPING = "ipmapping-nat-controller.liqo.io/finalizer";
export const ROUTE_CONFIGURATION = "routeconfiguration-controller.liqo.io/finalizer";
export const FIREWALL_CONFIGURATION = "firewallconfigurations-controller.liqo.io/finalizer";
export const CLUSTER_ROLE_BINDING = "networking.liqo.io/clusterrolebinding";

/** Names of what the test makes. Upstream: pkg/liqoctl/test/network/setup/const.go */
export const NAMESPACE = "liqo-test-network";
/** For what shares the network of its node: twins of namespaces take no such pods. */
export const HOST_NAMESPACE = "liqo-test-network-host";
export const APP = "netshoot";
export const NODE_PORT_SERVICE = `${APP}np`;
export const LOAD_BALANCER_SERVICE = `${APP}lb`;
export const IP_NAME = "external-ip";
export const APP_LABEL = "app";
export const CLUSTER_LABEL = "app-cluster";
export const PORT = 8080;

export function appOf(clusterId: string): string {
  return `${APP}-${clusterId}`;
}

export function hostAppOf(clusterId: string): string {
  return `${APP}-host-${clusterId}`;
}

/** The IP through which offloaded pods reach the home API server. Upstream: pkg/liqo-controller-manager/ipam (api-server IP) */
import * as annotations from "#api/annotations.ts";
import type { IP } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { GLOBAL_LABELS } from "./names.ts";

export const API_SERVER_IP = "api-server";
export const API_SERVER_PROXY_IP = "api-server-proxy";

/** `address`: of the Service `kubernetes`. */
export function forgeApiServerIp(namespace: string, address: string): IP {
  return {
    metadata: {
      name: API_SERVER_IP,
      namespace,
      labels: { ...GLOBAL_LABELS, [labels.IP_TYPE]: API_SERVER_IP },
      annotations: { [annotations.PREINSTALLED]: "true" },
    },
    spec: { ip: address },
  };
}

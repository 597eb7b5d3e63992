/** The IPs by which peers reach what is the cluster's own: its API server, and the proxy that leads there. Upstream: pkg/utils/ipam/mapping */
import * as annotations from "#api/annotations.ts";
import type { IP } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { GLOBAL_LABELS } from "./names.ts";

export const API_SERVER_IP = "api-server";
export const API_SERVER_PROXY_IP = "api-server-proxy";

export interface WellKnownIp {
  readonly name: string;
  /** By which others find it. */
  readonly type: typeof API_SERVER_IP | typeof API_SERVER_PROXY_IP;
  readonly address: string;
  /** The target does not know the way back. */
  readonly masquerade?: boolean;
}

export function forgeWellKnownIp(namespace: string, { name, type, address, masquerade }: WellKnownIp): IP {
  return {
    metadata: {
      name,
      namespace,
      labels: { ...GLOBAL_LABELS, [labels.IP_TYPE]: type },
      annotations: { [annotations.PREINSTALLED]: "true" },
    },
    spec: { ip: address, ...(masquerade === true && { masquerade }) },
  };
}

export function isWellKnownIp({ metadata }: IP): boolean {
  const type = metadata?.labels?.[labels.IP_TYPE];
  const isOurs = metadata?.annotations?.[annotations.PREINSTALLED] !== undefined;
  return isOurs && (type === API_SERVER_IP || type === API_SERVER_PROXY_IP);
}

/**
 * The IPs by which peers reach what is not in the pod CIDR: the cluster's own API server, the proxy that leads there, and
 * pods that run at another peer. Upstream: pkg/utils/ipam/mapping
 */
import type { Pod } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import type { IP } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { controllerReference } from "#machinery/meta.ts";
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

/** Called as the pod, and gone with it. */
export function forgePodIp(pod: Pod): IP {
  const { name = "", namespace = "" } = pod.metadata ?? {};
  // The pod does not wait for it: to say so needs a right that Liqo has no other use for.
  const owner = controllerReference({ ...pod, apiVersion: "v1", kind: "Pod" }, false);
  return {
    metadata: { name, namespace, labels: { ...GLOBAL_LABELS }, ownerReferences: [owner] },
    spec: { ip: pod.status?.podIP ?? "" },
  };
}

export function isWellKnownIp({ metadata }: IP): boolean {
  const type = metadata?.labels?.[labels.IP_TYPE];
  const isOurs = metadata?.annotations?.[annotations.PREINSTALLED] !== undefined;
  return isOurs && (type === API_SERVER_IP || type === API_SERVER_PROXY_IP);
}

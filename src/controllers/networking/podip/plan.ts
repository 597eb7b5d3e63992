/** Which offloaded pods have an address for third clusters. Upstream: pkg/liqo-controller-manager/ipmapping/offloadedpod_controller.go */
import type { Pod } from "kubernetes-types/core/v1";
import type { IP } from "#api/ipam/ip.ts";
import { forgePodIp } from "#forge/ip.ts";
import { controllerOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { isOffloaded } from "../../pods.ts";

export interface Seen {
  readonly pod: Pod | undefined;
  /** Of the pod's name. */
  readonly ip: IP | undefined;
  /** Clusters that this one has a network with. */
  readonly peers: number;
}

export type Plan =
  | { readonly do: "nothing" }
  | { readonly do: "create"; readonly ip: IP }
  /** What is wanted in its place follows when it is gone: an IP's address never changes. */
  | { readonly do: "delete"; readonly ip: IP };

export function planPodIp({ pod, ip, peers }: Seen): Plan {
  const wanted = pod !== undefined && peers > 1 && hasOwnAddress(pod) ? forgePodIp(pod) : undefined;
  if (ip === undefined) return wanted === undefined ? { do: "nothing" } : { do: "create", ip: wanted };
  if (!isOfPod(ip) || ip.metadata?.deletionTimestamp !== undefined) return { do: "nothing" };
  const isRight =
    wanted !== undefined && ip.spec?.ip === wanted.spec?.ip && controllerOf(ip)?.uid === pod?.metadata?.uid;
  return isRight ? { do: "nothing" } : { do: "delete", ip };
}

/** One that a person made may have a pod's name. */
export function isOfPod(ip: IP): boolean {
  return controllerOf(ip)?.kind === "Pod";
}

function hasOwnAddress(pod: Pod): boolean {
  return isOffloaded(pod) && (pod.status?.podIP ?? "") !== "" && !isTerminal(pod);
}

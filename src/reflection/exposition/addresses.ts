/** Whose the addresses of this cluster's pods are, and what peers call them. */
import type { IP } from "#api/ipam/ip.ts";
import * as labels from "#api/labels.ts";
import { isVirtualNode } from "#api/predicates.ts";
import { contains, parseCidr, parseIpv4 } from "#base/cidr.ts";
import type { ReflectionDeps } from "../deps.ts";

/** The provider's own slices have its own pods, so ours must not repeat them. A node that is gone counts as theirs, too. */
export function isNative(nodeName: string, { localNodes, scope }: ReflectionDeps): boolean {
  const node = localNodes.store.get({ name: nodeName });
  if (node === undefined) return true;
  return isVirtualNode(node) && node.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === scope.destination;
}

/** Pods of this cluster keep their address, anything else needs one in the external CIDR. */
export function translateAddress(address: string, { localIps, settings }: ReflectionDeps): string | undefined {
  const cidr = settings.localPodCidr === undefined ? undefined : parseCidr(settings.localPodCidr);
  const ip = parseIpv4(address);
  if (settings.remotePodCidrs.length === 0 || cidr === undefined || ip === undefined || contains(cidr, ip))
    return address;
  const mapped = localIps.store.indexBy(mappedAddress).get(address);
  return mapped.find(({ status }) => status?.ip !== undefined)?.status?.ip;
}

function mappedAddress({ spec: own }: IP): string[] {
  return own === undefined ? [] : [own.ip];
}

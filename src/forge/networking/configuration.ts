/** What two clusters tell each other of their CIDRs, and where these find a place. Upstream: pkg/liqo-controller-manager/networking/forge */
import type { IP } from "#api/ipam/ip.ts";
import type { Network } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import { controllerReference } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "../names.ts";
import { dashed, ownerReference } from "./names.ts";

export interface Cidrs {
  readonly pod: readonly string[];
  readonly external: readonly string[];
}

/** What one cluster must know of the other one's CIDRs. The namespace is left out of what is printed for another cluster. */
export function forgeConfiguration(
  remoteId: string,
  namespace: string | undefined,
  name: string,
  remote: Cidrs,
): Configuration {
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { [labels.REMOTE_CLUSTER_ID]: remoteId },
    },
    spec: { remote: { cidr: { pod: [...remote.pod], external: [...remote.external] } } },
  };
}

/** The Network that finds a place for one CIDR of the peer. */
export function forgeRemoteNetwork(configuration: Configuration, type: "pod" | "external", cidr: string): Network {
  const { name = "", namespace = "", labels: own } = configuration.metadata ?? {};
  return {
    metadata: {
      name: `${name}-${type}-${dashed(cidr)}`,
      namespace,
      labels: {
        ...GLOBAL_LABELS,
        [labels.CIDR_TYPE]: type,
        [labels.REMOTE_CLUSTER_ID]: own?.[labels.REMOTE_CLUSTER_ID] ?? "",
      },
      ownerReferences: [controllerReference(configuration)],
    },
    spec: { cidr, preAllocated: 0 },
  };
}

export function forgeUnknownSourceIp(configuration: Configuration): IP {
  const { name = "", namespace = "", labels: own } = configuration.metadata ?? {};
  const first = configuration.status?.remote?.cidr?.external?.[0]?.split("/")[0] ?? "";
  return {
    metadata: {
      name: `${name}-unknown-source`,
      namespace,
      labels: { ...GLOBAL_LABELS, [labels.REMOTE_CLUSTER_ID]: own?.[labels.REMOTE_CLUSTER_ID] ?? "" },
      ownerReferences: [ownerReference(configuration)],
    },
    spec: { ip: first },
  };
}

/** The unknown-source address: what is neither a pod nor mapped takes it towards peers. */
export function unknownSourceOf(externalCidr: string): string {
  return externalCidr.split("/")[0] ?? "";
}

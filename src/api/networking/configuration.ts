/** Configuration: the CIDRs of a pair of clusters. Upstream: apis/networking/v1beta1/configuration_types.go */

import { cidr, metaCondition } from "../schema/common.ts";
import { array, object } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const cluster = object({ cidr: object({ external: array(cidr), pod: array(cidr) }) });

export const configurations = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "Configuration",
  plural: "configurations",
  shortNames: ["conf"],
  description: "The pod and external CIDRs of this cluster and a peer, and how the peer's are seen from here.",
  spec: object({ local: cluster, remote: cluster }),
  status: object({ conditions: array(metaCondition), remote: cluster }),
  subresources: "status",
  columns: [
    // The blank at the end is upstream's.
    { name: "Desired Pod CIDR ", type: "string", jsonPath: ".spec.remote.cidr.pod" },
    { name: "Remapped Pod CIDR", type: "string", jsonPath: ".status.remote.cidr.pod" },
    AGE,
    { name: "Desired External CIDR", type: "string", jsonPath: ".spec.remote.cidr.external", priority: 1 },
    { name: "Remapped External CIDR", type: "string", jsonPath: ".status.remote.cidr.external", priority: 1 },
    { name: "ClusterID", type: "string", jsonPath: ".metadata.labels.liqo\\.io/remote-cluster-id", priority: 1 },
  ],
});

export type Configuration = ObjectOfKind<typeof configurations>;

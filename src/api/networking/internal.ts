/** The overlay between nodes and gateways. Upstream: apis/networking/v1beta1/{internalfabric,internalnode,genevetunnel}_types.go */

import { cidr, ipv4, objectReference } from "../schema/common.ts";
import { array, integer, object, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const GROUP = { group: "networking.liqo.io", version: "v1beta1" } as const;

export const internalFabrics = defineKind({
  ...GROUP,
  kind: "InternalFabric",
  plural: "internalfabrics",
  shortNames: ["if", "ifabric"],
  description: "What the nodes need to reach one gateway.",
  spec: object({
    gatewayIP: required(ipv4),
    interface: required(
      object({
        gateway: required(object({ ip: required(ipv4) })),
        node: required(object({ name: required(string()) })),
      }),
    ),
    mtu: integer(),
    remoteCIDRs: array(cidr),
  }),
  subresources: "none",
  columns: [{ name: "Gateway IP", type: "string", jsonPath: ".spec.gatewayIP" }, AGE],
});

export const internalNodes = defineKind({
  ...GROUP,
  kind: "InternalNode",
  plural: "internalnodes",
  shortNames: ["in", "inode"],
  scope: "Cluster",
  description: "What the gateways need to reach one node.",
  spec: object({
    interface: required(
      object({
        gateway: required(object({ name: required(string()) })),
        node: required(object({ ip: required(ipv4) })),
      }),
    ),
  }),
  status: object({ nodeIP: required(object({ local: ipv4, remote: ipv4 })) }),
  subresources: "status",
  columns: [
    { name: "Node IP Local", type: "string", jsonPath: ".status.nodeIP.local" },
    { name: "Node IP Remote", type: "string", jsonPath: ".status.nodeIP.remote" },
    AGE,
  ],
});

export const geneveTunnels = defineKind({
  ...GROUP,
  kind: "GeneveTunnel",
  plural: "genevetunnels",
  shortNames: ["gvtn"],
  description: "The network identifier of the overlay tunnel between one node and one gateway.",
  spec: object({
    id: required(integer("int32")),
    internalFabricRef: required(objectReference),
    internalNodeRef: required(objectReference),
  }),
});

export type InternalFabric = ObjectOfKind<typeof internalFabrics>;
export type InternalNode = ObjectOfKind<typeof internalNodes>;
export type GeneveTunnel = ObjectOfKind<typeof geneveTunnels>;

/** GatewayServer: the side of a tunnel that listens. Upstream: apis/networking/v1beta1/gatewayserver_types.go */

import {
  endpointPorts,
  internalEndpoint,
  localReference,
  NO_DUPLICATES,
  objectReference,
  servedEndpoint,
  stringMap,
} from "../schema/common.ts";
import { integer, object, oneOf, rules, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const endpoint = rules(
  object({
    loadBalancerIP: string(),
    nodePort: integer("int32"),
    nodePorts: endpointPorts,
    port: integer("int32"),
    ports: endpointPorts,
    serviceType: oneOf(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], { default: "ClusterIP" }),
  }),
  { message: "port and ports are mutually exclusive", rule: "!(has(self.port) && has(self.ports))" },
  { message: "nodePort and nodePorts are mutually exclusive", rule: "!(has(self.nodePort) && has(self.nodePorts))" },
  {
    message: "at least one of port or ports must be set",
    rule: "has(self.port) || (has(self.ports) && size(self.ports) > 0)",
  },
  { message: "ports must not contain duplicates", rule: NO_DUPLICATES },
  { message: "nodePorts must not contain duplicates", rule: NO_DUPLICATES.replaceAll("ports", "nodePorts") },
);

export const gatewayServers = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "GatewayServer",
  plural: "gatewayservers",
  shortNames: ["gws", "gwserver"],
  description: "The listening side of the tunnel to a peer, whatever the technology.",
  spec: object({
    endpoint,
    mtu: integer(),
    secretRef: localReference,
    serverTemplateRef: objectReference,
    serviceAnnotations: stringMap,
    serviceLabels: stringMap,
  }),
  status: object({
    endpoint: servedEndpoint,
    internalEndpoint,
    secretRef: objectReference,
    serverRef: objectReference,
  }),
  subresources: "status",
  columns: [
    { name: "Template Kind", type: "string", jsonPath: ".spec.serverTemplateRef.kind", priority: 1 },
    { name: "Template Name", type: "string", jsonPath: ".spec.serverTemplateRef.name" },
    { name: "Template Namespace", type: "string", jsonPath: ".spec.serverTemplateRef.namespace", priority: 1 },
    { name: "IP", type: "string", jsonPath: ".status.endpoint.addresses[*]" },
    { name: "Port", type: "string", jsonPath: ".status.endpoint.port" },
    { name: "Protocol", type: "string", jsonPath: ".status.endpoint.protocol", priority: 1 },
    { name: "MTU", type: "integer", jsonPath: ".spec.mtu", priority: 1 },
    AGE,
  ],
});

export type GatewayServer = ObjectOfKind<typeof gatewayServers>;

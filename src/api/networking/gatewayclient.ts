/** GatewayClient: the side of a tunnel that dials. Upstream: apis/networking/v1beta1/gatewayclient_types.go */

import { endpointStatus, internalEndpoint, localReference, objectReference } from "../schema/common.ts";
import { integer, object } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const gatewayClients = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "GatewayClient",
  plural: "gatewayclients",
  shortNames: ["gwc", "gwclient"],
  description: "The dialling side of the tunnel to a peer, whatever the technology.",
  spec: object({
    clientTemplateRef: objectReference,
    endpoint: endpointStatus,
    mtu: integer(),
    secretRef: localReference,
  }),
  status: object({ clientRef: objectReference, internalEndpoint, secretRef: objectReference }),
  subresources: "status",
  columns: [
    { name: "Template Kind", type: "string", jsonPath: ".spec.clientTemplateRef.kind", priority: 1 },
    { name: "Template Name", type: "string", jsonPath: ".spec.clientTemplateRef.name" },
    { name: "Template Namespace", type: "string", jsonPath: ".spec.clientTemplateRef.namespace", priority: 1 },
    { name: "IP", type: "string", jsonPath: ".spec.endpoint.addresses[*]" },
    { name: "Port", type: "string", jsonPath: ".spec.endpoint.port" },
    { name: "Protocol", type: "string", jsonPath: ".spec.endpoint.protocol", priority: 1 },
    { name: "MTU", type: "integer", jsonPath: ".spec.mtu", priority: 1 },
    AGE,
  ],
});

export type GatewayClient = ObjectOfKind<typeof gatewayClients>;

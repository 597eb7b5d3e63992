/** Connection: state and latency of the tunnel. Upstream: apis/networking/v1beta1/connection_types.go */

import { dateTime, objectReference } from "../schema/common.ts";
import { integer, object, oneOf, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const connections = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "Connection",
  plural: "connections",
  shortNames: ["conn"],
  description: "Whether the tunnel to a peer carries packets, and how long they take.",
  spec: object({ gatewayRef: required(objectReference), type: required(oneOf(["Server", "Client"])) }),
  status: object({
    latency: object({ timestamp: dateTime, value: string() }),
    // Not in upstream.
    mtu: object({
      origin: oneOf(["Measured", "Configured"], { description: "Configured: the peer's gateway answers no probes" }),
      timestamp: dateTime,
      value: integer(undefined, { description: "largest packet that the tunnel carries, in bytes" }),
    }),
    value: string(),
  }),
  subresources: "status",
  columns: [
    { name: "Type", type: "string", jsonPath: ".spec.type" },
    { name: "Status", type: "string", jsonPath: ".status.value" },
    AGE,
    { name: "Latency", type: "string", jsonPath: ".status.latency.value", priority: 1 },
  ],
});

export type Connection = ObjectOfKind<typeof connections>;

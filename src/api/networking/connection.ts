/** Connection: state and latency of the tunnel. Upstream: apis/networking/v1beta1/connection_types.go */

import { dateTime, objectReference } from "../schema/common.ts";
import { array, boolean, integer, object, oneOf, required, string } from "../schema/dsl.ts";
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
    // Not in upstream, and only where there are several.
    tunnels: array(
      object({
        interface: required(string()),
        inUse: required(boolean({ description: "flows go into it" })),
        message: string(),
        port: required(integer("int32", { description: "of the gateway server as this end knows it, UDP" })),
        value: required(oneOf(["Connecting", "Connected", "Error", "Refused"])),
      }),
      { maxItems: 64 },
    ),
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

/** Connection: state and latency of the tunnel. Upstream: apis/networking/v1beta1/connection_types.go */

import { dateTime, objectReference } from "../schema/common.ts";
import { array, boolean, integer, object, oneOf, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const PATH_STATES = ["Passed", "Lost"] as const;
const duration = (description: string) => string({ description });

export const connections = defineKind({
  group: "networking.liqo.io",
  version: "v1beta1",
  kind: "Connection",
  plural: "connections",
  shortNames: ["conn"],
  description: "Whether the tunnel to a peer carries packets, and how long they take.",
  spec: object({ gatewayRef: required(objectReference), type: required(oneOf(["Server", "Client"])) }),
  status: object({
    // Not in upstream.
    echo: object(
      {
        address: required(string({ description: "of the peer's gateway, as pods here reach it" })),
        port: required(integer("int32")),
      },
      { description: "where nodes measure the way of their pods; absent: the peer's gateway answers none" },
    ),
    // Not in upstream.
    interval: duration("how often the gateway tells at least; three of them without news: nobody knows"),
    latency: object({ timestamp: dateTime, value: string() }),
    // Not in upstream.
    mtu: object({
      origin: oneOf(["Measured", "Configured"], { description: "Configured: the peer's gateway answers no probes" }),
      timestamp: dateTime,
      value: integer(undefined, { description: "largest packet that the tunnel carries, in bytes" }),
    }),
    // Not in upstream. Each is its node's own.
    paths: array(
      object({
        bytes: required(integer("int32", { description: "of the full-sized packet" })),
        full: required(oneOf(PATH_STATES)),
        interval: required(duration("how often the node tells at least")),
        lastProbe: required(dateTime),
        node: required(string()),
        small: required(oneOf(PATH_STATES)),
      }),
      { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["node"] },
    ),
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

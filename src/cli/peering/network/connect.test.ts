import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import { planTunnel } from "./connect.ts";
import type { Gateways } from "./gateways.ts";

const server: GatewayServer = { metadata: { name: "peer" } };
const client: GatewayClient = { metadata: { name: "peer" } };
const gateways = (...found: readonly ("server" | "client")[]): Gateways => ({
  server: found.includes("server") ? server : undefined,
  client: found.includes("client") ? client : undefined,
});

for (const [name, atServer, atClient, expected] of [
  ["no gateway yet: one tunnel is made", gateways(), gateways(), { do: "make" }],
  ["repeated, it is made again as it is", gateways("server"), gateways("client"), { do: "make" }],
  ["a server without its client is completed", gateways("server"), gateways(), { do: "make" }],
  ["the tunnel of the other direction is used", gateways("client"), gateways("server"), { do: "use" }],
  ["one that the other direction has begun is completed", gateways(), gateways("server"), { do: "reverse" }],
  [
    "both at one side is refused",
    gateways("server", "client"),
    gateways("server"),
    { do: "refuse", cluster: "server" },
  ],
  ["both at the other side, too", gateways(), gateways("server", "client"), { do: "refuse", cluster: "client" }],
] as const) {
  test(name, () => assert.deepEqual(planTunnel(atServer, atClient), expected));
}

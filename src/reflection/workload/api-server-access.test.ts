import assert from "node:assert/strict";
import { test } from "node:test";
import { apiServerAccessOf } from "./api-server-access.ts";

const SETTINGS = { hasApiServerSupport: true, apiServerPort: "443", apiServerHost: undefined, remotePodCidrs: [] };
const REMOTE = [{ from: "10.244.0.0/16", to: "10.245.0.0/16" }];
const IPS = [
  { metadata: { name: "api-server", labels: { "ipam.liqo.io/ip-type": "api-server" } }, status: { ip: "10.70.0.1" } },
  { metadata: { name: "api-server-proxy", labels: {} }, status: { ip: "10.70.0.2" } },
];

for (const [name, remotePodCidrs, expected] of [
  ["with a network", REMOTE, ["10.70.0.1"]],
  ["without one there is no way to it", [], []],
] as const) {
  test(`addresses of the home API server: ${name}`, () => {
    assert.deepEqual(apiServerAccessOf({ ...SETTINGS, remotePodCidrs }, IPS).addresses, expected);
  });
}

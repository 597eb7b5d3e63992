import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayClientStatus, gatewayServerStatus } from "./status.ts";

const metadata = { namespace: "liqo-tenant-rome", name: "rome", uid: "1" };
const internalEndpoint = { ip: "10.244.0.9", node: "worker" };
const endpoint = { addresses: ["192.0.2.1"], port: 51_840, protocol: "UDP" as const };
const secretRef = { name: "gw-rome", namespace: "liqo-tenant-rome" };
const reference = { apiVersion: "networking.liqo.io/v1beta1", name: "rome", namespace: "liqo-tenant-rome", uid: "1" };

test("a server tells where it is reached, from outside and from inside", () => {
  const wg = { metadata, status: { endpoint, internalEndpoint } };
  const serverRef = { ...reference, kind: "WgGatewayServer" };
  assert.deepEqual(gatewayServerStatus({ wg, secret: "gw-rome" }), {
    endpoint,
    internalEndpoint,
    secretRef,
    serverRef,
  });
});

test("a client tells where it is inside", () => {
  const clientRef = { ...reference, kind: "WgGatewayClient" };
  const wg = { metadata, status: { internalEndpoint } };
  assert.deepEqual(gatewayClientStatus({ wg, secret: "gw-rome" }), { clientRef, internalEndpoint, secretRef });
});

test("what is not known yet is left out", () => {
  assert.deepEqual(Object.keys(gatewayServerStatus({ wg: { metadata }, secret: "s" })).sort(), [
    "secretRef",
    "serverRef",
  ]);
  assert.deepEqual(Object.keys(gatewayClientStatus({ wg: { metadata }, secret: "s" })).sort(), [
    "clientRef",
    "secretRef",
  ]);
});

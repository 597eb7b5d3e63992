import assert from "node:assert/strict";
import { test } from "node:test";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { WgGatewayServer } from "#api/networking/wggateway.ts";
import { TerminalError } from "#kube/controller/controller.ts";
import { renderGateway } from "./render.ts";

const GATEWAY = {
  metadata: {
    namespace: "liqo-tenant-rome",
    name: "rome",
    uid: "1",
    labels: { "liqo.io/remote-cluster-id": "rome" },
  },
  spec: { mtu: 1340, endpoint: { port: 51_840, serviceType: "NodePort" } },
} as GatewayServer;

test("a gateway is rendered to an object of its own name, with its keys, and goes with it", () => {
  const template = {
    metadata: { labels: { a: "b" } },
    spec: { service: { spec: { ports: [{ port: "{{ .Spec.Endpoint.Port }}" }] } }, secretRef: { name: "template's" } },
  };
  const wg = renderGateway<WgGatewayServer>(GATEWAY, template, "gw-rome");
  assert.deepEqual([wg.metadata?.namespace, wg.metadata?.name], ["liqo-tenant-rome", "rome"]);
  assert.deepEqual(wg.metadata?.labels, { a: "b", "liqo.io/remote-cluster-id": "rome" });
  assert.equal(wg.metadata?.ownerReferences?.[0]?.uid, "1");
  assert.equal(wg.spec?.service.spec?.ports?.[0]?.port, 51_840);
  assert.equal(wg.spec?.secretRef?.name, "gw-rome");
});

test("of several ports a template gets the first, and the Service all", () => {
  const endpoint = { ports: [51_840, 51_841], nodePorts: [30_000, 30_007], serviceType: "NodePort" };
  const gateway = { ...GATEWAY, spec: { ...GATEWAY.spec, endpoint } } as GatewayServer;
  const port = { port: "{{ .Spec.Endpoint.Port }}", protocol: "UDP", "?nodePort": "{{ .Spec.Endpoint.NodePort }}" };
  const wg = renderGateway<WgGatewayServer>(gateway, { spec: { service: { spec: { ports: [port] } } } }, "gw-rome");
  assert.deepEqual(wg.spec?.service.spec?.ports, [
    { port: 51_840, protocol: "UDP", nodePort: 30_000, name: "wireguard" },
    { name: "wireguard-1", port: 51_841, targetPort: 51_841, protocol: "UDP", nodePort: 30_007 },
  ]);
});

for (const [given, port] of [
  ["443", 443],
  [undefined, 0],
  ["443,--implementation=none", 0],
] as const)
  test(`the TCP port ${given} of the server is ${port} to the template`, () => {
    const annotations = given === undefined ? {} : { "networking.liqo.io/tcp-carrier-port": given };
    const gateway = { ...GATEWAY, metadata: { ...GATEWAY.metadata, annotations } };
    const wg = renderGateway<WgGatewayServer>(gateway, { spec: { port: "{{ .TCPCarrierPort }}" } }, "gw-rome");
    assert.equal((wg.spec as { port?: unknown }).port, port);
  });

test("a template that holds nothing is not tried again until it changes", () => {
  assert.throws(() => renderGateway(GATEWAY, undefined, "gw-rome"), TerminalError);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceSpec } from "kubernetes-types/core/v1";
import { atEndpoint } from "./at-endpoint.ts";

const ports = [{ port: 51840, protocol: "UDP" }];
const KNOWN = { addresses: ["198.18.0.9"], port: 30123 };

const CASES: readonly (readonly [string, ServiceSpec, object | undefined])[] = [
  ["a load balancer's address", { type: "LoadBalancer", ports }, { loadBalancerIP: "198.18.0.9" }],
  ["the load balancer's address of the template", { type: "LoadBalancer", loadBalancerIP: "198.18.0.1" }, undefined],
  ["a node's port", { type: "NodePort", ports }, { ports: [{ port: 51840, protocol: "UDP", nodePort: 30123 }] }],
  ["the node's port of the template", { type: "NodePort", ports: [{ port: 1, nodePort: 30000 }] }, undefined],
  ["a Service's own address", { type: "ClusterIP", ports }, { clusterIP: "198.18.0.9" }],
];

for (const [what, spec, asked] of CASES) {
  test(`${what}: ${asked === undefined ? "nothing is asked for" : "asked for again"}`, () => {
    const again = atEndpoint({ metadata: { name: "gw-milan" }, spec }, KNOWN);
    assert.deepEqual(again?.spec, asked && { ...spec, ...asked });
  });
}

test("a node's port for TCP is asked for again, too", () => {
  const tcp = { port: 443, protocol: "TCP", name: "tcp-carrier" };
  const service = { spec: { type: "NodePort", ports: [...ports, tcp] } };
  const again = (known: object) =>
    atEndpoint(service, { ...KNOWN, ...known })?.spec?.ports?.map((port) => port.nodePort);
  assert.deepEqual(again({ tcpPort: 30443 }), [30123, 30443]);
  assert.deepEqual(again({}), [30123, undefined]);
});

test("so are the ports of further tunnels, each its own", () => {
  const further = [1, 2].map((at) => ({ port: 51_840 + at, protocol: "UDP", name: `wireguard-${at}` }));
  const tcp = { port: 443, protocol: "TCP", name: "tcp-carrier" };
  const service = { spec: { type: "NodePort", ports: [...ports, tcp, ...further] } };
  const known = { addresses: ["198.18.0.9"], ports: [30_123, 30_001], tcpPort: 30_443 };
  const again = atEndpoint(service, known)?.spec?.ports?.map((port) => port.nodePort);
  assert.deepEqual(again, [30_123, 30_443, 30_001, undefined]);
});

test("a host name that a load balancer gave cannot be asked for", () => {
  const known = { addresses: ["lb.example.com"], port: 51840 };
  assert.equal(atEndpoint({ metadata: { name: "gw-milan" }, spec: { type: "LoadBalancer", ports } }, known), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Service } from "kubernetes-types/core/v1";
import { wgGatewayStatus } from "./status.ts";

const GATEWAY = {
  metadata: { namespace: "liqo-tenant-rome", name: "rome" },
  spec: { secretRef: { name: "gw-rome" } },
} as never;
const POD = {
  metadata: { name: "gw-rome-1" },
  spec: { containers: [], nodeName: "worker" },
  status: { podIP: "10.244.0.9" },
};
const node = (...addresses: readonly (readonly [string, string])[]): Node => ({
  status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
});
const service = (spec: Service["spec"], ...ingress: readonly { ip?: string; hostname?: string }[]): Service => ({
  spec: { ports: [{ port: 51_840, protocol: "UDP", nodePort: 30_000 }], ...spec },
  status: { loadBalancer: { ingress: [...ingress] } },
});
const WORKER = node(["Hostname", "worker"], ["InternalIP", "172.18.0.3"]);

for (const [name, expected, exposed] of [
  [
    "a load balancer's address",
    "198.51.100.7:51840",
    { service: service({ type: "LoadBalancer" }, { ip: "198.51.100.7" }), node: undefined },
  ],
  [
    "or its name",
    "lb.test:51840",
    { service: service({ type: "LoadBalancer" }, { hostname: "lb.test" }), node: undefined },
  ],
  ["nothing before it has one", undefined, { service: service({ type: "LoadBalancer" }), node: undefined }],
  [
    "the node that the pod runs on, at the NodePort",
    "172.18.0.3:30000",
    { service: service({ type: "NodePort" }), node: WORKER },
  ],
  [
    "its external address first",
    "203.0.113.9:30000",
    { service: service({ type: "NodePort" }), node: node(["InternalIP", "172.18.0.3"], ["ExternalIP", "203.0.113.9"]) },
  ],
  ["nothing before the node is known", undefined, { service: service({ type: "NodePort" }), node: undefined }],
  [
    "nothing before the NodePort is",
    undefined,
    { service: service({ type: "NodePort", ports: [{ port: 51_840 }] }), node: WORKER },
  ],
  [
    "the Service's own address",
    "10.96.0.7:51840",
    { service: service({ type: "ClusterIP", clusterIP: "10.96.0.7" }), node: undefined },
  ],
  ["nothing before it has that", undefined, { service: service({ type: "ClusterIP" }), node: undefined }],
  ["nothing without a port", undefined, { service: service({ clusterIP: "10.96.0.7", ports: [] }), node: undefined }],
  ["nothing for a client", undefined, undefined],
] as const) {
  test(`the other cluster is told ${name}`, () => {
    const { endpoint } = wgGatewayStatus(GATEWAY, POD, exposed);
    const found = endpoint === undefined ? undefined : `${endpoint.addresses?.join()}:${endpoint.port}`;
    assert.equal(found, expected);
  });
}

test("a port without a protocol is UDP's, as WireGuard's are", () => {
  const exposed = (protocol?: string) => ({
    service: service({ clusterIP: "10.96.0.7", ports: [{ port: 1, ...(protocol !== undefined && { protocol }) }] }),
    node: undefined,
  });
  assert.deepEqual(
    [undefined, "UDP", "TCP"].map((protocol) => wgGatewayStatus(GATEWAY, POD, exposed(protocol)).endpoint?.protocol),
    ["UDP", "UDP", "TCP"],
  );
});

for (const [type, port] of [
  ["LoadBalancer", 443],
  ["NodePort", 30_443],
  ["ClusterIP", 443],
] as const)
  test(`with a ${type} the other cluster is told of the port for TCP, too`, () => {
    const ports = [
      { name: "wireguard", port: 51_840, nodePort: 30_000, protocol: "UDP" },
      { name: "tcp-carrier", port: 443, nodePort: 30_443, protocol: "TCP" },
    ];
    const exposed = { service: service({ type, clusterIP: "10.96.0.7", ports }, { ip: "198.51.100.7" }), node: WORKER };
    assert.equal(wgGatewayStatus(GATEWAY, POD, exposed).endpoint?.tcpPort, port);
  });

test("nodes are told where the pod in charge is, and nothing without one", () => {
  assert.deepEqual(wgGatewayStatus(GATEWAY, POD), {
    internalEndpoint: { ip: "10.244.0.9", node: "worker" },
    secretRef: { name: "gw-rome", namespace: "liqo-tenant-rome" },
  });
  assert.deepEqual(wgGatewayStatus(GATEWAY, undefined), {
    secretRef: { name: "gw-rome", namespace: "liqo-tenant-rome" },
  });
});

test("of several tunnels every port is told, beside the one for TCP", () => {
  const ports = [
    { port: 51_840, protocol: "UDP", nodePort: 30_000, name: "wireguard" },
    { port: 443, protocol: "TCP", nodePort: 30_443, name: "tcp-carrier" },
    { port: 51_841, protocol: "UDP", nodePort: 30_007, name: "wireguard-1" },
    { port: 9_999, protocol: "UDP", nodePort: 30_008, name: "a-users-own" },
  ];
  const endpoint = (spec: Service["spec"]) =>
    wgGatewayStatus(GATEWAY, POD, { service: service(spec, { ip: "198.51.100.7" }), node: WORKER }).endpoint;
  assert.deepEqual(endpoint({ type: "NodePort", ports }), {
    ...{ addresses: ["172.18.0.3"], ports: [30_000, 30_007], protocol: "UDP", tcpPort: 30_443 },
  });
  assert.deepEqual(endpoint({ type: "LoadBalancer", ports }), {
    ...{ addresses: ["198.51.100.7"], ports: [51_840, 51_841], protocol: "UDP", tcpPort: 443 },
  });
  const waiting = ports.map(({ nodePort: _, ...port }) => port);
  assert.equal(endpoint({ type: "NodePort", ports: waiting }), undefined);
});

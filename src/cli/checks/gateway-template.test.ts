import assert from "node:assert/strict";
import { test } from "node:test";
import type { WgGatewayServerTemplate } from "#api/networking/wggateway.ts";
import { missingField } from "./gateway-template.ts";

const template = (service: object): WgGatewayServerTemplate => ({
  spec: { template: { spec: { service: { spec: service } } } },
});

for (const [name, service, wanted, field] of [
  ["a port of its own", { ports: [{ nodePort: 1 }] }, { nodePort: 30_001 }, undefined],
  ["one that may be left out", { ports: [{ "?nodePort": "x" }] }, { nodePort: 30_001 }, undefined],
  ["none", { ports: [{ port: 1 }] }, { nodePort: 30_001 }, "spec.template.spec.service.spec.ports[0].nodePort"],
  ["no ports at all", {}, { nodePort: 30_001 }, "spec.template.spec.service.spec.ports[0].nodePort"],
  ["none, and none is asked for", {}, {}, undefined],
  ["an address that may be left out", { "?loadBalancerIP": "x" }, { loadBalancerIp: "10.0.0.1" }, undefined],
  ["no address", {}, { loadBalancerIp: "10.0.0.1" }, "spec.template.spec.service.spec.loadBalancerIP"],
] as const)
  test(`a template with ${name}`, () => {
    assert.equal(missingField(template(service), wanted)?.field, field);
  });

test("a template that holds nothing lets nothing through", () => {
  assert.equal(missingField({}, { nodePort: 30_001 })?.flag, "--gw-server-service-nodeport");
});

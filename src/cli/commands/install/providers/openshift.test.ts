import assert from "node:assert/strict";
import { test } from "node:test";
import { cidrsOfNetworkConfig } from "./openshift.ts";

const NETWORK = { cidr: "10.128.0.0/14" };

test("one network of each is taken", () => {
  const status = { clusterNetwork: [NETWORK], serviceNetwork: ["172.30.0.0/16"] };
  assert.deepEqual(cidrsOfNetworkConfig({ status }), { podCidrs: ["10.128.0.0/14"], serviceCidr: "172.30.0.0/16" });
});

for (const [config, says] of [
  [{}, /status.clusterNetwork names 0 networks/],
  [{ status: { clusterNetwork: [NETWORK, NETWORK] } }, /status.clusterNetwork names 2 networks/],
  [{ status: { clusterNetwork: [NETWORK] } }, /status.serviceNetwork names 0 networks/],
] as const)
  test(`${JSON.stringify(config)} is refused`, () => assert.throws(() => cidrsOfNetworkConfig(config), says));

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import { planInternalFabric } from "./plan.ts";

const labels = { "liqo.io/remote-cluster-id": "rome" };
const GATEWAY = {
  metadata: { name: "rome", labels },
  status: { internalEndpoint: { ip: "10.244.0.9", node: "worker" } },
};
const configuration = (status: "True" | "False", own: Record<string, string> = labels) =>
  ({
    metadata: { name: "rome", labels: own },
    status: { conditions: [{ type: "NetworkCIDRsConfigured", status }] },
  }) as unknown as Configuration;
const READY = configuration("True");

for (const [name, expected, gateway, configurations] of [
  ["a gateway whose peer has its CIDRs gets a fabric", "apply", GATEWAY, [READY]],
  ["not before the CIDRs have their place", "nothing", GATEWAY, [configuration("False")]],
  [
    "nor by another peer's Configuration",
    "nothing",
    GATEWAY,
    [configuration("True", { ...labels, "liqo.io/remote-cluster-id": "turin" })],
  ],
  ["nor without one", "nothing", GATEWAY, []],
  ["nor before its pod has an address", "nothing", { ...GATEWAY, status: {} }, [READY]],
  ["nor while that is empty", "nothing", { ...GATEWAY, status: { internalEndpoint: { ip: "", node: "" } } }, [READY]],
  [
    "a gateway on its way out gets none",
    "nothing",
    { ...GATEWAY, metadata: { ...GATEWAY.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } },
    [READY],
  ],
  ["nor does one that is gone", "nothing", undefined, [READY]],
] as const) {
  test(name, () => {
    assert.equal(planInternalFabric({ gateway, configurations }).do, expected);
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Network } from "#api/ipam/network.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import { configurationStatus, isConfigured } from "./status.ts";

const network = (type: string, name: string, cidr?: string): Network => ({
  metadata: { name, labels: { "configuration.liqo.io/cidr-type": type } },
  ...(cidr !== undefined && { status: { cidr } }),
});
const [POD, EXTERNAL] = [network("pod", "p"), network("external", "e")];
const PLACED = [network("external", "e", "10.71.0.0/16"), network("pod", "p", "10.1.0.0/16")];
const CONFIGURATION: Configuration = { metadata: { name: "rome", generation: 3 } };
const NOW_MS = Date.parse("2026-01-01T00:00:00Z");

for (const [name, reason, place, networks] of [
  [
    "every Network has its place",
    "NetworkCIDRsConfigured",
    ["10.1.0.0/16", "10.71.0.0/16"],
    { wanted: [POD, EXTERNAL], owned: PLACED, refused: undefined },
  ],
  [
    "one has none yet",
    "WaitingForNetworks",
    [undefined, undefined],
    { wanted: [POD, EXTERNAL], owned: [EXTERNAL, network("pod", "p", "10.1.0.0/16")], refused: undefined },
  ],
  ["none was asked for", "WaitingForNetworks", [undefined, undefined], { wanted: [], owned: [], refused: undefined }],
  [
    "the peer's CIDRs are refused",
    "CIDRRefused",
    [undefined, undefined],
    { wanted: [], owned: PLACED, refused: "too large" },
  ],
] as const) {
  test(`${name}: ${reason}`, () => {
    const status = configurationStatus(CONFIGURATION, networks, NOW_MS);
    const [condition] = status.conditions ?? [];
    assert.equal(condition?.reason, reason);
    assert.equal(condition?.observedGeneration, 3);
    assert.deepEqual([status.remote?.cidr?.pod?.[0], status.remote?.cidr?.external?.[0]], place);
    assert.equal(isConfigured({ ...CONFIGURATION, status }), reason === "NetworkCIDRsConfigured");
  });
}

test("a condition that stays keeps the time at which it began", () => {
  const networks = { wanted: [POD], owned: PLACED, refused: undefined };
  const status = configurationStatus(CONFIGURATION, networks, NOW_MS);
  const later = configurationStatus({ ...CONFIGURATION, status }, networks, NOW_MS + 60_000);
  assert.deepEqual(later, status);
});

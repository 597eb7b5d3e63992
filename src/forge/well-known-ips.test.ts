import assert from "node:assert/strict";
import { test } from "node:test";
import type { IP } from "#api/ipam/ip.ts";
import { type Observed, planIps } from "./well-known-ips.ts";

const service = (clusterIP: string) => ({ spec: { clusterIP } });
const slice = (addressType: string, ...addresses: string[]) => ({
  metadata: { name: "kubernetes" },
  addressType,
  endpoints: [{ addresses }],
});
const there = (name: string, ip: string): IP => ({ metadata: { name }, spec: { ip } });
const NONE: Observed = { apiServer: undefined, slices: [], proxy: undefined, found: [] };
const BOTH: Observed = { ...NONE, apiServer: service("10.96.0.1"), proxy: service("10.96.7.7") };
const API = there("api-server", "10.96.0.1");
const PROXY = there("api-server-proxy", "10.96.7.7");
const SLICES = [slice("IPv4", "172.18.0.3", "172.18.0.2"), slice("IPv6", "fd00::1")];

for (const [what, seen, usesEndpointSlices, create, remove] of [
  ["nothing known yet", { ...NONE, found: [API, PROXY] }, false, [], []],
  ["a new cluster", BOTH, false, ["api-server 10.96.0.1", "api-server-proxy 10.96.7.7"], []],
  ["all there", { ...BOTH, found: [PROXY, API] }, false, [], []],
  ["no proxy", { ...BOTH, proxy: undefined, found: [PROXY, API] }, false, [], ["api-server-proxy"]],
  ["a headless proxy", { ...BOTH, proxy: service("None"), found: [API] }, false, [], []],
  ["another proxy", { ...BOTH, proxy: service("10.96.8.8"), found: [PROXY, API] }, false, [], ["api-server-proxy"]],
  [
    "the API server's own addresses",
    { ...BOTH, slices: SLICES, found: [API, PROXY] },
    true,
    ["kubernetes-172-18-0-2 172.18.0.2", "kubernetes-172-18-0-3 172.18.0.3"],
    ["api-server"],
  ],
  ["no address of its own yet", { ...BOTH, found: [API, PROXY] }, true, [], []],
  [
    "one of them less",
    {
      ...BOTH,
      slices: [slice("IPv4", "172.18.0.2")],
      found: [there("kubernetes-172-18-0-2", "172.18.0.2"), there("kubernetes-172-18-0-3", "172.18.0.3"), PROXY],
    },
    true,
    [],
    ["kubernetes-172-18-0-3"],
  ],
] as const)
  test(`${what}: ${create.length} to make, ${remove.length} to remove`, () => {
    const plan = planIps(seen, { usesEndpointSlices });
    assert.deepEqual(
      plan.create.map(({ name, address }) => `${name} ${address}`),
      create,
    );
    assert.deepEqual(
      plan.remove.map(({ metadata }) => metadata?.name),
      remove,
    );
  });

test("who is reached by an address of its own does not know the way back", () => {
  const { create } = planIps({ ...BOTH, slices: SLICES }, { usesEndpointSlices: true });
  assert.deepEqual(
    create.map(({ type, masquerade }) => [type, masquerade]),
    [
      ["api-server", true],
      ["api-server", true],
      ["api-server-proxy", undefined],
    ],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceMap, NamespaceOffloading } from "#api/offloading/namespace.ts";
import { type Observed, planOffloading } from "./plan.ts";

const offloading = (spec: Partial<NamespaceOffloading["spec"]> = {}, metadata: object = {}): NamespaceOffloading => ({
  metadata: { namespace: "shop", name: "offloading", ...metadata },
  spec: { podOffloadingStrategy: "LocalAndRemote", namespaceMappingStrategy: "DefaultName", ...spec },
});
const map = (name: string, desiredMapping: Record<string, string> = {}, metadata: object = {}): NamespaceMap => ({
  metadata: { name, ...metadata },
  spec: { desiredMapping },
});
const SEEN: Observed = {
  offloading: offloading(),
  nodes: [{ metadata: { name: "liqo-rome" }, spec: { clusterID: "rome" } }],
  maps: [],
  isNamespaceGoing: false,
  isSilent: () => false,
  clusterId: "milan",
};
const GOING = { deletionTimestamp: "2026-01-01T00:00:00Z" };

for (const [name, expected, seen] of [
  ["the default name tells whose it is", "shop-milan", offloading()],
  ["the same name", "shop", offloading({ namespaceMappingStrategy: "EnforceSameName" })],
  [
    "a name of one's own",
    "store",
    offloading({ namespaceMappingStrategy: "SelectedName", remoteNamespaceName: "store" }),
  ],
] as const) {
  test(`the twin is called: ${name}`, () => {
    assert.equal(planOffloading({ ...SEEN, offloading: seen }).remoteName, expected);
  });
}

for (const [name, expected, seen] of [
  ["LocalAndRemote does", true, offloading()],
  ["Remote does", true, offloading({ podOffloadingStrategy: "Remote" })],
  ["Local does not", false, offloading({ podOffloadingStrategy: "Local" })],
  ["one on its way out does not", false, offloading({}, GOING)],
] as const) {
  test(`lets pods onto virtual nodes: ${name}`, () => {
    assert.equal(planOffloading({ ...SEEN, offloading: seen }).isRemote, expected);
  });
}

for (const [name, expected, seen] of [
  ["a selected peer is asked for the twin", ["rome=shop-milan"], { maps: [map("rome")] }],
  ["one that is asked already is not asked again", [], { maps: [map("rome", { shop: "shop-milan" })] }],
  ["one that was asked for another name is", ["rome=shop-milan"], { maps: [map("rome", { shop: "old" })] }],
  ["what else a map says stays", ["rome=shop-milan"], { maps: [map("rome", { other: "other-milan" })] }],
  ["one that is not selected gives it back", ["turin=undefined"], { maps: [map("turin", { shop: "shop-milan" })] }],
  ["one that never had it is left alone", [], { maps: [map("turin")] }],
  [
    "all give it back when the offloading ends",
    ["rome=undefined"],
    { maps: [map("rome", { shop: "shop-milan" })], offloading: offloading({}, GOING) },
  ],
  ["a map on its way out is left alone", [], { maps: [map("rome", {}, GOING)] }],
  [
    "a silent peer is not asked once the namespace goes",
    ["rome=undefined"],
    { maps: [map("rome", { shop: "shop-milan" })], isNamespaceGoing: true, isSilent: () => true },
  ],
  ["one that answers still is", [], { maps: [map("rome", { shop: "shop-milan" })], isNamespaceGoing: true }],
] as const) {
  test(`of providers, ${name}`, () => {
    const { mappings } = planOffloading({ ...SEEN, ...seen });
    assert.deepEqual(
      mappings.map((mapping) => `${mapping.map.metadata?.name}=${mapping.remote}`),
      expected,
    );
  });
}

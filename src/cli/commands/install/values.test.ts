import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeValues, mergeValues } from "./values.ts";

const SETTINGS = {
  clusterId: "milan",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  reservedSubnets: [],
  clusterLabels: {},
  apiServerUrl: undefined,
  version: undefined,
  hasMetrics: false,
  isScraped: false,
};

test("what is not given is left to the chart", () => {
  assert.deepEqual(forgeValues(SETTINGS), {
    discovery: { config: { clusterID: "milan", clusterLabels: {} } },
    ipam: { podCIDR: "10.244.0.0/16", serviceCIDR: "10.96.0.0/16", reservedSubnets: [] },
  });
});

test("metrics are served, and scraped where the cluster knows how", () => {
  const { metrics, tag } = forgeValues({ ...SETTINGS, hasMetrics: true, version: "v9" });
  assert.equal(tag, "v9");
  assert.deepEqual(metrics, { enabled: true, prometheusOperator: { enabled: false } });
  const scraped = forgeValues({ ...SETTINGS, hasMetrics: true, isScraped: true });
  assert.deepEqual(scraped["metrics"], { enabled: true, prometheusOperator: { enabled: true } });
});

for (const [base, over, merged] of [
  [{ a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
  [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
  [{ a: 1, b: 2 }, { a: null }, { b: 2 }],
  [{ a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
  [{ a: { b: 1 } }, { a: "x" }, { a: "x" }],
] as const)
  test(`${JSON.stringify(over)} over ${JSON.stringify(base)}`, () => assert.deepEqual(mergeValues(base, over), merged));

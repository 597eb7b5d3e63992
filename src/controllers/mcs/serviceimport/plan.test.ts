import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExportedService } from "#forge/multicluster/exported-service.ts";
import { forgeExportRecord } from "#forge/multicluster/slices.ts";
import { planImport, type Seen } from "./plan.ts";

const KEY = { namespace: "shop", name: "web" };
const exported = (cluster: string): ExportedService => ({
  cluster,
  since: "2025-01-01T00:00:00Z",
  type: "ClusterSetIP",
  ports: [{ port: 80 }],
  sessionAffinity: "None",
  labels: {},
  annotations: {},
});
const record = (cluster: string) => forgeExportRecord("shop", "web", exported(cluster));
const OURS = { "liqo.io/managed-by": "multicluster" };
const SEEN: Seen = {
  clusterId: "milan",
  ...KEY,
  isOffloaded: true,
  exported: { metadata: { ...KEY, creationTimestamp: "2026-01-01T00:00:00Z" } },
  service: { metadata: KEY, spec: { ports: [{ port: 80 }] } },
  imported: undefined,
  findService: () => undefined,
  slices: [],
  providers: new Set(["rome"]),
};

for (const [name, clusters, obstacle, more] of [
  ["what is exported here is imported", ["milan"], undefined, {}],
  ["and what a twin exports, in the order of age", ["rome", "milan"], undefined, { slices: [record("rome")] }],
  ["without an export here, too", ["rome"], undefined, { slices: [record("rome")], exported: undefined }],
  ["a cluster without a twin has no say", ["milan"], undefined, { slices: [record("naples")] }],
  ["nobody exports it", undefined, undefined, { exported: undefined }],
  ["an export without a Service is none", undefined, undefined, { service: undefined }],
  ["nor is one of a namespace that is not offloaded", undefined, /not offloaded/, { isOffloaded: false }],
  ["an import of somebody else is left alone", undefined, /ServiceImport shop\/web/, { imported: { metadata: KEY } }],
  ["one of Liqo's is taken", ["milan"], undefined, { imported: { metadata: { ...KEY, labels: OURS } } }],
  [
    "a Service of somebody else is left alone",
    undefined,
    /Service shop\/liqo-mcs-web/,
    { findService: (other: string) => ({ metadata: { name: other } }) },
  ],
] as const) {
  test(name, () => {
    const plan = planImport({ ...SEEN, ...more });
    assert.deepEqual(plan.merged?.clusters, clusters);
    if (obstacle === undefined) assert.equal(plan.obstacle, undefined);
    else assert.match(plan.obstacle ?? "", obstacle);
  });
}

test("what a cluster without a twin has left is taken away", () => {
  const slices = [record("naples"), record("rome"), record("milan")];
  assert.deepEqual(planImport({ ...SEEN, slices }).stale, [slices[0]]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { anything } from "fast-check";
import type { Service } from "kubernetes-types/core/v1";
import type { ServiceExport } from "#api/multicluster/serviceexport.ts";
import { forAll } from "#kit/properties.ts";
import { exportedService, parseExportedService, validityOf } from "./exported-service.ts";

const EXPORT: ServiceExport = {
  metadata: { namespace: "shop", name: "web", creationTimestamp: "2026-01-01T00:00:00Z" },
  spec: { exportedLabels: { team: "a", "liqo.io/managed-by": "me" }, exportedAnnotations: { note: "b" } },
};
const service = (spec: Service["spec"] = {}): Service => ({ metadata: { name: "web" }, spec });
const ports = [{ name: "http", port: 80, protocol: "TCP", nodePort: 30_000 }];

for (const [name, reason, found] of [
  ["no Service", "NoService", undefined],
  ["one that goes", "NoService", { metadata: { deletionTimestamp: "now" } }],
  ["one that is an alias", "InvalidServiceType", service({ type: "ExternalName" })],
  ["one of another type", "Valid", service({ type: "LoadBalancer" })],
] as const) {
  test(`${name}: ${reason}`, () => {
    const { status, reason: seen } = validityOf(EXPORT, found);
    assert.deepEqual([status, seen], [reason === "Valid" ? "True" : "False", reason]);
    assert.equal(exportedService(EXPORT, found, "milan") === undefined, reason !== "Valid");
  });
}

test("what is exported is written down and read again", () => {
  const found = exportedService(EXPORT, service({ clusterIP: "10.96.0.9", ports, sessionAffinity: "None" }), "milan");
  assert.deepEqual(found, {
    cluster: "milan",
    since: "2026-01-01T00:00:00Z",
    type: "ClusterSetIP",
    ports: [{ name: "http", protocol: "TCP", port: 80 }],
    sessionAffinity: "None",
    // Liqo's own speak of objects here.
    labels: { team: "a" },
    annotations: { note: "b" },
  });
  assert.deepEqual(parseExportedService(JSON.stringify(found)), found);
});

test("labels and annotations that no object can carry are left out", () => {
  const spec = {
    exportedLabels: { a: "b", "no such key": "b", c: "no value" },
    exportedAnnotations: { a: "any text", "": "b" },
  };
  const found = exportedService({ ...EXPORT, spec }, service(), "milan");
  assert.deepEqual([found?.labels, found?.annotations], [{ a: "b" }, { a: "any text" }]);
});

test("an export that goes is none", () => {
  const going = { ...EXPORT, metadata: { ...EXPORT.metadata, deletionTimestamp: "now" } };
  assert.equal(exportedService(going, service(), "milan"), undefined);
});

test("a headless Service is exported as such", () => {
  assert.equal(exportedService(EXPORT, service({ clusterIP: "None" }), "milan")?.type, "Headless");
});

test("whatever else is written there is nothing", () => {
  for (const text of [undefined, "", "{", "null", "[]", '{"cluster":"a"}'])
    assert.equal(parseExportedService(text), undefined);
  forAll(anything(), (value) => {
    const found = parseExportedService(JSON.stringify(value));
    assert.ok(found === undefined || Array.isArray(found.ports));
  });
});

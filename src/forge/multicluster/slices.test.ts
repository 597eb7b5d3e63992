import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { ServiceImport } from "#api/multicluster/serviceimport.ts";
import type { ExportedService } from "./exported-service.ts";
import { forgeExportRecord, forgeImportedSlice, isExportRecord, recordedExport, sourceOf } from "./slices.ts";

const http = { name: "http", protocol: "TCP", port: 80 };
const exported: ExportedService = {
  cluster: "rome",
  since: "2026-01-01T00:00:00Z",
  type: "ClusterSetIP",
  ports: [http, { name: "own", protocol: "TCP", port: 81 }],
  sessionAffinity: "None",
  labels: {},
  annotations: {},
};
const imported: ServiceImport = { spec: { type: "ClusterSetIP", ports: [http] } };
const slice: EndpointSlice = {
  metadata: { name: "web-x7", namespace: "shop-milan" },
  addressType: "IPv4",
  endpoints: [{ addresses: ["10.244.0.3"] }, { addresses: ["192.0.2.1"] }],
  ports: [
    { name: "http", port: 8080, protocol: "TCP" },
    { name: "own", port: 8081, protocol: "TCP" },
  ],
};
const place = ({ addresses }: { addresses: string[] }) =>
  addresses[0] === "10.244.0.3" ? { addresses: ["10.245.0.3"], nodeName: "liqo-rome" } : undefined;

test("a slice is labelled as KEP-1645 says, with the ports agreed upon and the endpoints that have a place", () => {
  const found = forgeImportedSlice(slice, "shop", "web", { exported, imported, place });
  assert.deepEqual(found, {
    metadata: {
      name: "liqo-mcs-rome-web-x7",
      namespace: "shop",
      labels: {
        "liqo.io/managed": "true",
        "liqo.io/managed-by": "multicluster",
        "liqo.io/remote-cluster-id": "rome",
        "multicluster.liqo.io/exported-service": "web",
        "endpointslice.kubernetes.io/managed-by": "multicluster.liqo.io",
        "multicluster.kubernetes.io/service-name": "web",
        "multicluster.kubernetes.io/source-cluster": "rome",
        "kubernetes.io/service-name": "liqo-mcs-web",
      },
    },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.245.0.3"], nodeName: "liqo-rome" }],
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  });
  assert.deepEqual(sourceOf(found), { service: "web", cluster: "rome" });
  assert.equal(isExportRecord(found), false);
});

test("without a ServiceImport no port is agreed upon, and other families have no way", () => {
  assert.equal(forgeImportedSlice(slice, "shop", "web", { exported, imported: undefined, place }), undefined);
  const ipv6 = { ...slice, addressType: "IPv6" };
  assert.equal(forgeImportedSlice(ipv6, "shop", "web", { exported, imported, place }), undefined);
});

test("an export is told by a slice without endpoints, believed of the cluster alone that it is labelled with", () => {
  const record = forgeExportRecord("shop", "web", exported);
  assert.ok(isExportRecord(record));
  assert.deepEqual(record.endpoints, []);
  assert.deepEqual(recordedExport(record), exported);
  const labels = { ...record.metadata?.labels, "liqo.io/remote-cluster-id": "naples" };
  assert.equal(recordedExport({ ...record, metadata: { ...record.metadata, labels } }), undefined);
});

test("what somebody labels without being Liqo's is nobody's export", () => {
  const labels = { "multicluster.liqo.io/exported-service": "web", "liqo.io/remote-cluster-id": "rome" };
  assert.equal(sourceOf({ ...slice, metadata: { name: "x", labels } }), undefined);
});

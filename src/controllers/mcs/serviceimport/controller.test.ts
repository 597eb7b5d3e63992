import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceExports } from "#api/multicluster/serviceexport.ts";
import { serviceImports } from "#api/multicluster/serviceimport.ts";
import { namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { forgeExportRecord, forgeImportedSlice } from "#forge/multicluster/slices.ts";
import { multiclusterCrds } from "#kit/liqo-crds.ts";
import { type RunningControllers, runControllers } from "#kit/run-controllers.ts";
import { gone, seen, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { customResourceDefinitions, endpointSlices, services } from "#machinery/builtin.ts";
import { findCondition } from "#machinery/conditions.ts";
import { serviceImportController } from "./controller.ts";

const KEY = { namespace: "off", name: "web" };
const DERIVED = { ...KEY, name: "liqo-mcs-web" };
const ADDRESS = "10.96.0.9";
const LOCAL = { ...KEY, name: "liqo-mcs-cluster-a-web-1" };
const exported = {
  cluster: "cluster-b",
  since: "2099-01-01T00:00:00Z",
  type: "ClusterSetIP" as const,
  ports: [{ name: "http", protocol: "TCP", port: 80 }],
  sessionAffinity: "None",
  labels: {},
  annotations: {},
};

/** Namespace `off`, offloaded to cluster-b, with a Service that has one endpoint. */
async function prepare(ctx: Context, client: KubeClient): Promise<void> {
  for (const crd of multiclusterCrds()) await client.create(ctx, customResourceDefinitions, crd);
  for (const { metadata } of multiclusterCrds())
    await seen(client, customResourceDefinitions, { name: metadata?.name ?? "" }, ({ status }) =>
      Boolean(status?.conditions?.some(({ type, status: is }) => type === "Established" && is === "True")),
    );
  await client.create(ctx, namespaceOffloadings, { metadata: { ...KEY, name: "offloading" }, spec: {} });
  const metadata = { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" };
  const map = await client.create(ctx, namespaceMaps, { metadata, spec: { desiredMapping: { off: "off-a" } } });
  const status = { currentMapping: { off: { remoteNamespace: "off-a", phase: "Accepted" as const } } };
  await client.updateStatus(ctx, namespaceMaps, { ...map, status });
  const ports = [{ name: "http", port: 80, targetPort: 8080 }];
  await client.create(ctx, services, { metadata: KEY, spec: { selector: { app: "web" }, ports } });
  await client.create(ctx, endpointSlices, {
    metadata: { ...KEY, name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.244.0.3"], hostname: "web-0" }],
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  });
}

/** What an API server with Service addresses does. */
async function giveAddress({ ctx, client }: RunningControllers): Promise<void> {
  await seen(client, services, DERIVED);
  await client.patch(ctx, services, DERIVED, "merge", { spec: { clusterIP: ADDRESS, clusterIPs: [ADDRESS] } });
}

const start = () => runControllers([serviceImportController], prepare);

test("an export becomes an import with an address, and endpoints that go with it", async () => {
  await using running = await start();
  const { ctx, client } = running;
  await client.create(ctx, serviceExports, { metadata: KEY });
  await giveAddress(running);
  const imported = await seen(client, serviceImports, KEY, ({ status }) =>
    Boolean(status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True")),
  );
  const derived = await seen(client, services, DERIVED);
  assert.deepEqual(imported.spec?.ips, [ADDRESS]);
  assert.deepEqual(imported.status?.clusters, [{ cluster: "cluster-a" }]);
  const slice = await seen(client, endpointSlices, LOCAL);
  assert.deepEqual(slice.endpoints, [{ addresses: ["10.244.0.3"], hostname: "web-0", conditions: {} }]);
  assert.equal(slice.metadata?.ownerReferences?.[0]?.uid, imported.metadata?.uid);
  await seen(
    client,
    serviceExports,
    KEY,
    ({ status }) => findCondition(status?.conditions, "Ready")?.status === "True",
  );
  // Whoever takes something away sees it again.
  await client.delete(ctx, services, DERIVED);
  await seen(client, services, DERIVED, ({ metadata }) => metadata?.uid !== derived.metadata?.uid);
  await client.delete(ctx, endpointSlices, LOCAL);
  await seen(client, endpointSlices, LOCAL, ({ metadata }) => metadata?.uid !== slice.metadata?.uid);
  await client.delete(ctx, endpointSlices, { ...KEY, name: "web-1" });
  await gone(client, endpointSlices, LOCAL);
  await client.delete(ctx, serviceExports, KEY);
  await gone(client, serviceImports, KEY);
});

test("what a provider exports counts as long as there is a twin", async () => {
  await using running = await start();
  const { ctx, client } = running;
  const record = forgeExportRecord("off", "web", exported);
  await client.create(ctx, endpointSlices, record);
  const imported = await seen(client, serviceImports, KEY);
  const remote = { metadata: { name: "web-9" }, addressType: "IPv4", endpoints: [], ports: [] };
  const slice = forgeImportedSlice(remote, "off", "web", { exported, imported, place: (endpoint) => endpoint });
  assert.ok(slice);
  await client.create(ctx, endpointSlices, slice);
  const map = { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" };
  await client.patch(ctx, namespaceMaps, map, "merge", { spec: { desiredMapping: { off: null } } });
  await gone(client, serviceImports, KEY);
  for (const { metadata } of [record, slice])
    await gone(client, endpointSlices, { ...KEY, name: metadata?.name ?? "" });
});

test("an import of somebody else is left alone, and the export says so", async () => {
  await using running = await start();
  const { ctx, client } = running;
  const foreign = { metadata: KEY, spec: { type: "ClusterSetIP" as const, ports: [{ port: 7 }] } };
  await client.create(ctx, serviceImports, foreign);
  await client.create(ctx, serviceExports, { metadata: KEY });
  const { status } = await seen(
    client,
    serviceExports,
    KEY,
    (each) =>
      // It waits until the watch has told of the import.
      findCondition(each.status?.conditions, "Ready")?.reason === "Failed",
  );
  const ready = findCondition(status?.conditions, "Ready");
  assert.equal(ready?.status, "False");
  assert.match(ready?.message ?? "", /ServiceImport off\/web is not Liqo's/);
  await client.delete(ctx, serviceExports, KEY);
  assert.deepEqual((await client.get(ctx, serviceImports, KEY)).spec?.ports, [{ port: 7 }]);
});

test("without offloading there is nobody to export to", async () => {
  await using running = await start();
  const { ctx, client } = running;
  await client.create(ctx, serviceExports, { metadata: KEY });
  await seen(client, serviceImports, KEY);
  await client.delete(ctx, namespaceOffloadings, { ...KEY, name: "offloading" });
  await gone(client, serviceImports, KEY);
  await seen(client, serviceExports, KEY, ({ status }) =>
    Boolean(findCondition(status?.conditions, "Ready")?.message?.includes("not offloaded")),
  );
});

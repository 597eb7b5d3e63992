import assert from "node:assert/strict";
import { test } from "node:test";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { serviceExports } from "#api/multicluster/serviceexport.ts";
import { type ServiceImport, serviceImports } from "#api/multicluster/serviceimport.ts";
import { shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { recordedExport } from "#forge/multicluster/slices.ts";
import { multiclusterCrds } from "#kit/liqo-crds.ts";
import { gone, seen, startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import { here, owned, prepare, startKubelet, there } from "#kit/virtual-kubelet.ts";
import { customResourceDefinitions, endpointSlices, services } from "#machinery/builtin.ts";
import { findCondition, isConditionTrue } from "#machinery/conditions.ts";

const FLAGS = ["--serviceexport-reflection-workers=3", "--serviceimport-reflection-workers=3"];
const CIDRS = [
  "--local-podcidr=10.244.0.0/16",
  "--remote-pod-cidr=10.244.0.0/16",
  "--remote-pod-cidr-remap=10.245.0.0/16",
];
const RECORD = here("liqo-mcs-cluster-b-web.export");
const SLICE = here("liqo-mcs-cluster-b-web-1");
const http = { name: "http", protocol: "TCP", port: 80 };
const ours = { "liqo.io/managed-by": "multicluster" };
const IMPORT: ServiceImport = {
  metadata: { ...here("web"), labels: ours },
  spec: { type: "ClusterSetIP", ports: [http], ips: ["10.96.0.77"], ipFamilies: ["IPv4"] },
};
const conflict = { type: "Conflict", status: "True", reason: "PortConflict", message: "ports", lastTransitionTime: "" };

/** With the CRDs on both, and in the twin a Service with two endpoints, one of which is no pod of the provider. */
async function prepareBoth(clusters: TwoClusters): Promise<void> {
  const { ctx, consumer, provider } = clusters;
  for (const { client } of [consumer, provider])
    for (const crd of multiclusterCrds()) {
      await client.create(ctx, customResourceDefinitions, crd);
      const key = { name: crd.metadata?.name ?? "" };
      await seen(client, customResourceDefinitions, key, ({ status }) =>
        isConditionTrue(status?.conditions, "Established"),
      );
    }
  await prepare(clusters);
  await provider.client.create(ctx, services, {
    metadata: there("web"),
    spec: { ports: [{ ...http, targetPort: 80 }] },
  });
  await provider.client.create(ctx, endpointSlices, {
    metadata: { ...there("web-1"), labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.244.0.9"], hostname: "web-0" }, { addresses: ["192.0.2.1"] }],
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  });
}

async function reportImport({ ctx, consumer }: TwoClusters, ...clusters: string[]): Promise<void> {
  const conditions = [
    { type: "Ready", status: "True", reason: "Ready", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" },
    { ...conflict, lastTransitionTime: "2026-01-01T00:00:00Z" },
  ];
  const status = { clusters: clusters.map((cluster) => ({ cluster })), conditions };
  await consumer.client.patch(ctx, serviceImports, here("web"), "merge", { status }, { subresource: "status" });
}

test("what a twin exports is told at home, with the provider's pods alone, and what became of it in the twin", async () => {
  await using clusters = await startTwoClusters();
  await prepareBoth(clusters);
  const { ctx, consumer, provider } = clusters;
  await using _kubelet = startKubelet(clusters, ...FLAGS, ...CIDRS);
  await provider.client.create(ctx, serviceExports, { metadata: there("web") });
  const record = recordedExport(await seen(consumer.client, endpointSlices, RECORD));
  assert.deepEqual([record?.cluster, record?.ports], ["cluster-b", [http]]);
  const pending = await seen(provider.client, serviceExports, there("web"), (e) => e.status?.conditions !== undefined);
  assert.equal(findCondition(pending.status?.conditions, "Ready")?.reason, "Pending");
  await consumer.client.create(ctx, serviceImports, IMPORT);
  await reportImport(clusters, "cluster-b");
  const slice = await seen(consumer.client, endpointSlices, SLICE);
  assert.deepEqual(slice.endpoints, [
    { addresses: ["10.245.0.9"], hostname: "web-0", conditions: { ready: true }, nodeName: "cluster-b" },
  ]);
  const { status } = await seen(provider.client, serviceExports, there("web"), (each) =>
    isConditionTrue(each.status?.conditions, "Ready"),
  );
  assert.equal(findCondition(status?.conditions, "Conflict")?.reason, "PortConflict");
  // The twin has no slice of its own for the Service behind the import: its pods come back, under their own address.
  await consumer.client.create(ctx, services, {
    metadata: { ...here("liqo-mcs-web"), labels: ours, annotations: { "liqo.io/allow-reflection": "true" } },
    spec: { ports: [http] },
  });
  const shadow = await seen(provider.client, shadowEndpointSlices, there(SLICE.name));
  const [endpoint] = shadow.spec?.template?.endpoints ?? [];
  assert.deepEqual([endpoint?.addresses, endpoint?.nodeName], [["10.244.0.9"], "cluster-b"]);
  const shadows = await provider.client.list(ctx, shadowEndpointSlices, { namespace: "off-cluster-a" });
  assert.ok(shadows.items.every(({ metadata }) => metadata?.name !== RECORD.name));
  await provider.client.delete(ctx, serviceExports, there("web"));
  for (const key of [RECORD, SLICE]) await gone(consumer.client, endpointSlices, key);
});

test("endpoints of a provider whose tunnel is down are not ready", async () => {
  await using clusters = await startTwoClusters();
  await prepareBoth(clusters);
  const { ctx, consumer, provider } = clusters;
  await using _kubelet = startKubelet(clusters, ...FLAGS, ...CIDRS);
  await consumer.client.create(ctx, serviceImports, IMPORT);
  await provider.client.create(ctx, serviceExports, { metadata: there("web") });
  await seen(consumer.client, endpointSlices, SLICE, ({ endpoints }) => endpoints?.[0]?.conditions?.ready === true);
  const peer = await consumer.client.create(ctx, foreignClusters, {
    metadata: { name: "cluster-b" },
    spec: { clusterID: "cluster-b" },
  });
  const off = { enabled: false };
  const down = { type: "NetworkConnectionStatus", status: "Error" as const };
  const modules = { networking: { enabled: true, conditions: [down] }, authentication: off, offloading: off };
  await consumer.client.updateStatus(ctx, foreignClusters, { ...peer, status: { modules } } as typeof peer);
  await seen(consumer.client, endpointSlices, SLICE, ({ endpoints }) => endpoints?.[0]?.conditions?.ready === false);
});

test("a ServiceImport is copied with the address that it has in the twin; one of somebody else is left alone", async () => {
  await using clusters = await startTwoClusters();
  await prepareBoth(clusters);
  const { ctx, consumer, provider } = clusters;
  await using _kubelet = startKubelet(clusters, ...FLAGS);
  const spec = { type: "ClusterSetIP" as const, ports: [{ port: 7 }] };
  await provider.client.create(ctx, serviceImports, { metadata: there("theirs"), spec });
  await consumer.client.create(ctx, serviceImports, { ...IMPORT, metadata: { ...here("theirs"), labels: ours } });
  await consumer.client.create(ctx, serviceImports, IMPORT);
  await reportImport(clusters, "cluster-a");
  const waiting = await seen(provider.client, serviceImports, there("web"), ({ status }) => status !== undefined);
  assert.deepEqual([waiting.spec?.ips, waiting.metadata?.labels], [undefined, owned]);
  assert.equal(findCondition(waiting.status?.conditions, "Ready")?.reason, "Pending");
  // What an API server with Service addresses does.
  const addressed = { ports: [http], clusterIP: "10.96.0.9", clusterIPs: ["10.96.0.9"] };
  const derived = await provider.client.create(ctx, services, { metadata: there("liqo-mcs-web"), spec: addressed });
  const twin = await seen(provider.client, serviceImports, there("web"), ({ status }) =>
    isConditionTrue(status?.conditions, "Ready"),
  );
  assert.deepEqual(twin.spec?.ips, [derived.spec?.clusterIP]);
  assert.deepEqual(twin.status?.clusters, [{ cluster: "cluster-a" }]);
  assert.equal(findCondition(twin.status?.conditions, "Conflict")?.reason, "PortConflict");
  await consumer.client.delete(ctx, serviceImports, here("web"));
  await gone(provider.client, serviceImports, there("web"));
  const theirs = await provider.client.get(ctx, serviceImports, there("theirs"));
  assert.deepEqual(theirs.spec?.ports, [{ port: 7 }]);
});

test("one that is made here by somebody else is not taken to the twin", async () => {
  await using clusters = await startTwoClusters();
  await prepareBoth(clusters);
  const { ctx, consumer, provider } = clusters;
  await using _kubelet = startKubelet(clusters, ...FLAGS);
  await consumer.client.create(ctx, serviceImports, { ...IMPORT, metadata: here("theirs") });
  await consumer.client.create(ctx, serviceImports, IMPORT);
  await seen(provider.client, serviceImports, there("web"));
  const { items } = await provider.client.list(ctx, serviceImports, { namespace: "off-cluster-a" });
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ["web"],
  );
});

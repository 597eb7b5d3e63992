import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { configurations } from "#api/networking/configuration.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { forgePlaceholderVolume } from "#forge/storage/remote.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { seen, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus, writeStatus } from "#kit/with-status.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { namespaces, persistentVolumes, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

const KINDS: readonly Resource<KubeObject>[] = [resourceSlices, virtualNodes, identities, tenants, configurations];
const NOWHERE = "https://127.0.0.1:9";
const UNREACHABLE = "liqo.io/foreign-cluster-permanently-unreachable";
describe("unpeer and force unpeer", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters();
  });
  after(() => clusters[Symbol.asyncDispose]());

  beforeEach(async () => {
    const { consumer, provider } = clusters;
    await peered(consumer.client, { namespace: TENANT_NAMESPACES.consumer, peer: "cluster-b", role: "Provider" });
    await peered(provider.client, { namespace: TENANT_NAMESPACES.provider, peer: "cluster-a", role: "Consumer" });
  });
  afterEach(async () => {
    for (const { client } of [clusters.consumer, clusters.provider])
      for (const kind of [...KINDS, foreignClusters] as readonly Resource<KubeObject>[])
        for (const item of (await client.list(clusters.ctx, kind)).items)
          await client.deleteIfPresent(clusters.ctx, kind, keyOf(item));
  });

  interface Peering {
    readonly namespace: string;
    readonly peer: string;
    readonly role: "Consumer" | "Provider" | "ConsumerAndProvider";
  }

  /** What the controllers of a peering have made. */
  async function peered(client: KubeClient, { namespace, peer, role }: Peering): Promise<void> {
    const { ctx } = clusters;
    const metadata = { name: peer, namespace, labels: { "liqo.io/remote-cluster-id": peer } };
    const modules = { networking: { enabled: true }, authentication: { enabled: true }, offloading: { enabled: true } };
    const labels = { "liqo.io/tenant-namespace": "true", "liqo.io/remote-cluster-id": peer };
    await client.apply(ctx, namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } });
    await createWithStatus(ctx, client, foreignClusters, {
      metadata: { name: peer },
      spec: { clusterID: peer },
      status: { role, modules, apiServerUrl: "https://elsewhere:6443" },
    });
    await client.create(ctx, configurations, { metadata, spec: {} });
    if (role === "Consumer") {
      const spec = { clusterID: peer, authzPolicy: "KeysExchange", tenantCondition: "Active" } as const;
      await client.create(ctx, tenants, { metadata, spec });
      return;
    }
    await client.create(ctx, resourceSlices, { metadata, spec: { class: "default" } });
    await client.create(ctx, virtualNodes, { metadata, spec: { clusterID: peer } });
    const spec = { clusterID: peer, namespace, type: "ControlPlane", authParams: { apiServer: "" } } as const;
    await client.create(ctx, identities, { metadata, spec });
  }

  async function left(client: KubeClient): Promise<string[]> {
    const lists = await Promise.all(KINDS.map((kind) => client.list(clusters.ctx, kind)));
    return lists.flatMap(({ items }, at) => items.map(() => KINDS[at]?.kind ?? ""));
  }

  const unpeer = (more = "", answer?: string) =>
    clusters.liqoctl(`unpeer --remote-context provider${more === "" ? "" : ` ${more}`}`, answer);

  test("unpeer removes the use, the tenant and the network, and keeps the namespaces", async () => {
    const { ctx, consumer, provider } = clusters;
    const { code, stderr } = await unpeer();
    assert.equal(code, 0, stderr);
    assert.deepEqual(stderr.match(/✓ .*/g), [
      "✓ (local) Pods brought home, virtual nodes removed (0.0s)",
      "✓ (local) Identity removed (0.0s)",
      "✓ (remote) Tenant removed (0.0s)",
      "✓ Network reset (0.0s)",
    ]);
    assert.deepEqual([await left(consumer.client), await left(provider.client)], [[], []]);
    const kept = await consumer.client.find(ctx, namespaces, { name: TENANT_NAMESPACES.consumer });
    assert.equal(kept?.metadata?.name, TENANT_NAMESPACES.consumer);
  });

  test("unpeer is repeatable, and says when there is nothing left to do", async () => {
    await unpeer();
    assert.equal((await unpeer()).code, 0);
    const { client } = clusters.consumer;
    for (const [cluster, name] of [
      [client, TENANT_NAMESPACES.consumer],
      [clusters.provider.client, TENANT_NAMESPACES.provider],
    ] as const)
      await cluster.patch(clusters.ctx, namespaces, { name }, "merge", { metadata: { labels: null } });
    assert.deepEqual(await unpeer(), { code: 0, stdout: "", stderr: "✓ cluster-a and cluster-b are not peered\n" });
  });

  test("on a terminal unpeer asks, and a no changes nothing", async () => {
    const { code, stderr } = await unpeer("", "no");
    assert.equal(code, 1);
    assert.match(stderr, /^"unpeer" is a potentially destructive command.*operation canceled by the user\n$/s);
    assert.equal((await left(clusters.consumer.client)).length, 4);
  });

  test("where data would be lost unpeer names the claims, and needs to be told", async () => {
    const { ctx, consumer, liqoctl } = clusters;
    await createWithStatus(ctx, consumer.client, namespaceMaps, {
      metadata: { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" },
      status: { currentMapping: { shop: { remoteNamespace: "shop-cluster-a", phase: "Accepted" } } },
    });
    const claim = { metadata: { namespace: "shop", name: "data", uid: "1" }, spec: {} };
    const volume = forgePlaceholderVolume(claim, { destination: "cluster-b" }, "Delete");
    await consumer.client.create(ctx, persistentVolumes, {
      ...volume,
      spec: { ...volume.spec, accessModes: ["ReadWriteOnce"] },
    });
    const line = "The data of 1 claim at cluster-b will be lost: shop/data (1Gi); `liqoctl move volume` brings it home";
    const { code, stderr } = await unpeer();
    assert.equal(code, 1);
    assert.ok(stderr.startsWith(`! (local) ${line}\n`), stderr);
    assert.match(
      stderr,
      /error: "unpeer" is potentially destructive and nobody is there .*\n {2}add --skip-confirm\n$/,
    );
    assert.equal((await left(consumer.client)).length, 4);
    assert.ok((await liqoctl("unoffload namespace shop")).stderr.startsWith(`! (local) ${line}\n`));
    assert.ok((await liqoctl("force unpeer cluster-b")).stderr.startsWith(`! (local) ${line}\n`));
    const agreed = await unpeer("--skip-confirm");
    assert.equal(agreed.code, 0, agreed.stderr);
    const key = { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" };
    await consumer.client.deleteIfPresent(ctx, namespaceMaps, key);
    await consumer.client.deleteIfPresent(ctx, persistentVolumes, { name: "pvc-1" });
  });

  test("a peering in the other direction keeps the network and the tenant namespaces", async () => {
    const { ctx, consumer, provider } = clusters;
    const status = { status: { role: "ConsumerAndProvider" } };
    await consumer.client.patch(ctx, foreignClusters, { name: "cluster-b" }, "merge", status, {
      subresource: "status",
    });
    const refused = await unpeer("--delete-namespaces");
    assert.match(refused.stderr, /cluster-b uses resources of cluster-a too: the tenant namespaces are still in use\n/);
    assert.equal((await left(consumer.client)).length, 4);
    const { stderr } = await unpeer();
    assert.match(stderr, /• The network stays: the peering in the other direction uses it\n/);
    assert.deepEqual(
      [await left(consumer.client), await left(provider.client)],
      [["Configuration"], ["Configuration"]],
    );
  });

  test("a provider that does not answer is told of, and the consumer is cleaned alone", async () => {
    const { ctx, consumer, provider, kubeconfig } = clusters;
    const silent = join(consumer.api.directory, "silent");
    const gone = readFileSync(kubeconfig, "utf8").replaceAll(provider.api.url, NOWHERE);
    writeFileSync(silent, gone);
    const status = { apiServerUrl: NOWHERE, conditions: [{ type: "APIServerStatus", status: "Error" }] };
    await writeStatus(ctx, consumer.client, foreignClusters, { name: "cluster-b" }, status);
    const { code, stderr } = await unpeer(`--remote-kubeconfig ${silent}`);
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /! cannot reach the API server https:\S+: connect ECONNREFUSED [^:]+:\d+: only cluster-a is cleaned\n/,
    );
    assert.match(stderr, /! cluster-b was not told \(.*\)\. Left there: the Tenant of cluster-a\.\n/);
    assert.deepEqual(await left(consumer.client), []);
  });

  test("force unpeer removes everything of a peer at this cluster, the namespace and the ForeignCluster too", async () => {
    const { ctx, consumer, liqoctl } = clusters;
    const key = { namespace: TENANT_NAMESPACES.consumer, name: "liqo-signed-nonce" };
    await consumer.client.create(ctx, secrets, { metadata: key });
    const running = liqoctl("force unpeer cluster-b", "y");
    // As the namespace controller does once it is empty.
    const name = TENANT_NAMESPACES.consumer;
    const going = await seen(
      consumer.client,
      namespaces,
      { name },
      ({ metadata }) => metadata?.deletionTimestamp !== undefined,
    );
    await consumer.client.raw(ctx, "PUT", `/api/v1/namespaces/${name}/finalize`, {
      ...going,
      spec: { finalizers: [] },
    });
    const outcome = await running;
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /✓ \(local\) cluster-b declared permanently unreachable/);
    assert.match(outcome.stderr, /✓ \(local\) Tenant namespace removed/);
    assert.match(
      outcome.stderr,
      /• \(local\) What cluster-b still keeps for this cluster goes by `liqoctl force unpeer` there\n/,
    );
    assert.deepEqual(await left(consumer.client), []);
    assert.deepEqual((await consumer.client.list(ctx, foreignClusters)).items, []);
  });

  test("force unpeer of a peer without a namespace removes its ForeignCluster", async () => {
    const { ctx, consumer, liqoctl } = clusters;
    await consumer.client.create(ctx, foreignClusters, { metadata: { name: "oslo" }, spec: { clusterID: "oslo" } });
    assert.equal((await liqoctl("force unpeer oslo --skip-confirm")).code, 0);
    assert.equal(await consumer.client.find(ctx, foreignClusters, { name: "oslo" }), undefined);
  });

  test("force unpeer of nobody is refused, and of somebody only when it is confirmed", async () => {
    const { ctx, consumer, liqoctl } = clusters;
    assert.match((await liqoctl("force unpeer nosuch")).stderr, /remote cluster with ID nosuch not found\n/);
    assert.match(
      (await liqoctl("force unpeer cluster-b")).stderr,
      /nobody is there to confirm it\n {2}add --skip-confirm\n/,
    );
    const peer = await consumer.client.get(ctx, foreignClusters, { name: "cluster-b" });
    assert.equal(peer.metadata?.annotations?.[UNREACHABLE], undefined);
    assert.equal((await left(consumer.client)).length, 4);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { identities } from "#api/authentication/identity.ts";
import { renews } from "#api/authentication/renew.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { REPLICATED_RESOURCE, REPLICATOR } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { systemClock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { gone, seen, startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, secrets } from "#machinery/builtin.ts";
import { controllerReference, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { type ReplicationDeps, replicationControllers } from "./replicator.ts";

const HERE = "liqo-tenant-cluster-b";
const THERE = "off-cluster-a";
const RENEW = { namespace: HERE, name: "controlplane-cluster-b" };
const COPY = { namespace: THERE, name: RENEW.name };
const IDENTITY = { namespace: HERE, name: "controlplane-cluster-b" };
const SECRET = { namespace: HERE, name: "kubeconfig-controlplane-cluster-b" };

test("the spec goes out, the status comes back", async () => {
  await using run = await start();
  const copy = await seen(run.clusters.provider.client, renews, COPY);
  assert.equal(copy.spec?.consumerClusterID, "cluster-a");
  assert.equal(copy.metadata?.labels?.[labels.ORIGIN_ID], "cluster-a");
  await run.clusters.provider.client.patch(
    run.clusters.ctx,
    renews,
    COPY,
    "merge",
    { status: STATUS },
    { subresource: "status" },
  );
  const renew = await seen(run.clusters.consumer.client, renews, RENEW, ({ status }) => status !== undefined);
  assert.deepEqual(renew.status, STATUS);
});

test("a status that no object can bear stays where it is, and does not stop the next", async () => {
  await using run = await start();
  const { ctx, provider, consumer } = run.clusters;
  await seen(provider.client, renews, COPY);
  const write = (status: object) =>
    provider.client.patch(ctx, renews, COPY, "merge", { status }, { subresource: "status" });
  await write({ authParams: { apiServer: "x".repeat(300_000) } });
  await write(STATUS);
  const renew = await seen(consumer.client, renews, RENEW, ({ status }) => status !== undefined);
  assert.deepEqual(renew.status, STATUS);
});

test("an identity that goes first lets its objects go", async () => {
  await using run = await start();
  const { ctx, consumer, provider } = run.clusters;
  await seen(provider.client, renews, COPY);
  await consumer.client.delete(ctx, identities, IDENTITY);
  await consumer.client.delete(ctx, secrets, SECRET);
  // The Secret waits for the Renew, as the garbage collector may delete them in any order.
  const waiting = await seen(consumer.client, secrets, SECRET, isLeaving);
  assert.deepEqual(waiting.metadata?.finalizers, [REPLICATOR]);
  await consumer.client.delete(ctx, renews, RENEW);
  await gone(consumer.client, renews, RENEW);
  await gone(provider.client, renews, COPY);
  await gone(consumer.client, secrets, SECRET);
});

test("a Secret that is deleted while its Identity stays waits for nothing: another one takes its place", async () => {
  await using run = await start();
  const { ctx, consumer, provider } = run.clusters;
  await seen(provider.client, renews, COPY);
  await consumer.client.delete(ctx, secrets, SECRET);
  await gone(consumer.client, secrets, SECRET);
  assert.notEqual(await provider.client.find(ctx, renews, COPY), undefined);
});

test("a replicator started anew ends what another had begun", async () => {
  const clusters = await startTwoClusters();
  {
    await using _first = await startIn(clusters);
    await seen(clusters.provider.client, renews, COPY);
  }
  await clusters.consumer.client.delete(clusters.ctx, identities, IDENTITY);
  await clusters.consumer.client.delete(clusters.ctx, secrets, SECRET);
  await clusters.consumer.client.delete(clusters.ctx, renews, RENEW);
  const stuck = await seen(clusters.consumer.client, renews, RENEW, isLeaving);
  assert.deepEqual(stuck.metadata?.finalizers, [REPLICATED_RESOURCE]);
  await using run = await startIn(clusters);
  await gone(run.clusters.consumer.client, renews, RENEW);
  await gone(run.clusters.consumer.client, secrets, SECRET);
  await clusters[Symbol.asyncDispose]();
});

for (const when of ["while it is replicated to", "before a start"] as const)
  test(`a provider that is gone for good holds nothing back: it went ${when}`, async () => {
    await using clusters = await startTwoClusters();
    const { ctx, consumer, provider } = clusters;
    const first = await startIn(clusters);
    await seen(provider.client, renews, COPY);
    if (when === "before a start") await first[Symbol.asyncDispose]();
    await provider.api[Symbol.asyncDispose]();
    await using _run = when === "before a start" ? await startIn(clusters) : first;
    await leave(consumer.client);
    // Silent: it may come back, and then the copy has to go.
    const peer = await consumer.client.create(ctx, foreignClusters, {
      metadata: { name: "cluster-b" },
      spec: { clusterID: "cluster-b" },
    });
    const conditions = [{ type: "APIServerStatus" as const, status: "Error" as const }];
    await consumer.client.updateStatus(ctx, foreignClusters, { ...peer, status: { role: "Provider", conditions } });
    const waiting = await seen(consumer.client, renews, RENEW, isLeaving);
    assert.deepEqual(waiting.metadata?.finalizers, [REPLICATED_RESOURCE]);
    const declared = { metadata: { annotations: { [annotations.PERMANENTLY_UNREACHABLE]: "true" } } };
    await consumer.client.patch(ctx, foreignClusters, { name: "cluster-b" }, "merge", declared);
    await gone(consumer.client, renews, RENEW);
    await gone(consumer.client, secrets, SECRET);
  });

test("a provider that took all rights away before a start holds nothing back", async () => {
  const forbidden = new Set<string>();
  await using clusters = await startTwoClusters({ forbidden });
  {
    await using _first = await startIn(clusters);
    await seen(clusters.provider.client, renews, COPY);
  }
  forbidden.add("renews");
  await using run = await startIn(clusters);
  await leave(run.clusters.consumer.client);
  await gone(run.clusters.consumer.client, renews, RENEW);
  await gone(run.clusters.consumer.client, secrets, SECRET);
});

test("what no replicator is left for goes after a while", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer } = clusters;
  const own = { [labels.REPLICATION]: "true", [labels.REMOTE_ID]: "cluster-b" };
  await consumer.client.create(ctx, renews, { metadata: { ...RENEW, labels: own, finalizers: [REPLICATED_RESOURCE] } });
  await consumer.client.delete(ctx, renews, RENEW);
  await using informers = new Informers(ctx, consumer.client);
  const { ctx: running, cancel } = withCancel(ctx);
  const clock = { ...systemClock, epochMs: () => systemClock.epochMs() + 10_000 };
  const deps = { ...depsOf(consumer.client, informers), clock };
  const ended = Promise.all(replicationControllers(deps).map((each) => runController(running, each)));
  await gone(consumer.client, renews, RENEW);
  cancel();
  await ended;
});

test("a Secret is followed where it lies in the peer's tenant namespace and its Identity owns it, and nowhere else", async () => {
  await using run = await start();
  const { ctx, consumer, provider } = run.clusters;
  const { metadata, data } = await seen(consumer.client, secrets, SECRET);
  const { labels: own, annotations: notes, ownerReferences } = metadata ?? {};
  const copy = (key: ObjectKey): Secret =>
    ({ metadata: { ...key, labels: own, annotations: notes, ownerReferences }, data }) as Secret;
  // A second one of the same owner, and one that lies elsewhere.
  await consumer.client.create(ctx, secrets, copy({ namespace: HERE, name: "second" }));
  await consumer.client.create(ctx, secrets, copy({ namespace: "off", name: SECRET.name }));
  await seen(provider.client, renews, COPY);
  // One that was believed would have its finalizer by the time that the later change is seen.
  await consumer.client.patch(ctx, secrets, SECRET, "merge", { metadata: { finalizers: [] } });
  await seen(consumer.client, secrets, SECRET, hasFinalizers);
  const { items } = await consumer.client.list(ctx, secrets);
  assert.deepEqual(
    items.filter(hasFinalizers).map((item) => keyOf(item)),
    [SECRET],
  );
});

test("whoever makes the Secret without an Identity is told so, on the Secret", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer, provider } = clusters;
  await consumer.client.create(ctx, secrets, kubeconfigSecret(provider));
  await using informers = new Informers(ctx, consumer.client);
  const { ctx: running, cancel } = withCancel(ctx);
  // Ten seconds later than it is: the Secret's Identity had the time to name it.
  const clock = { ...systemClock, epochMs: () => systemClock.epochMs() + 10_000 };
  const deps = { ...depsOf(consumer.client, informers), clock };
  const ended = Promise.all(replicationControllers(deps).map((each) => runController(running, each)));
  await eventually("it is told", async () => {
    const { items } = await consumer.client.list(ctx, coreEvents, { namespace: HERE });
    const [message] = items.filter(({ reason }) => reason === "KubeconfigIgnored").map((event) => event.message);
    assert.match(message ?? "", /no Identity owns it; create an Identity of type ControlPlane/);
  });
  cancel();
  await ended;
});

test("a kubeconfig that names a file is refused, and what ran goes on when it is mended", async () => {
  await using run = await start();
  const { ctx, consumer, provider } = run.clusters;
  await seen(provider.client, renews, COPY);
  const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  const bad = kubeconfigSecret(provider, { users: [{ name: "b", user: { tokenFile } }] });
  const { metadata } = await consumer.client.patch(ctx, secrets, SECRET, "merge", { data: bad.data });
  await eventually("it is told, on the Secret", async () => {
    const { items } = await consumer.client.list(ctx, coreEvents, { namespace: HERE });
    const [told] = items.filter(({ reason }) => reason === "KubeconfigRefused");
    assert.equal(told?.involvedObject.uid, metadata?.uid);
  });
  await consumer.client.patch(ctx, renews, RENEW, "merge", { spec: { consumerClusterID: "changed" } });
  await consumer.client.patch(ctx, secrets, SECRET, "merge", { data: kubeconfigSecret(provider).data });
  await seen(provider.client, renews, COPY, ({ spec }) => spec?.consumerClusterID === "changed");
});

test("what the peer has replicated hither is not sent out, whatever it is labelled with", async () => {
  await using run = await start();
  const { ctx, consumer, provider } = run.clusters;
  const own = { [labels.REPLICATION]: "true", [labels.REMOTE_ID]: "cluster-b" };
  const key = { namespace: HERE, name: "forged" };
  await consumer.client.create(ctx, renews, { metadata: { ...key, labels: { ...own, [labels.REPLICATED]: "true" } } });
  const last = { namespace: HERE, name: "last" };
  await consumer.client.create(ctx, renews, { metadata: { ...last, labels: own } });
  await seen(provider.client, renews, { namespace: THERE, name: last.name });
  assert.equal(await provider.client.find(ctx, renews, { namespace: THERE, name: key.name }), undefined);
});

test("labels and annotations of the copy are the provider's after creation", async () => {
  await using run = await start();
  const { ctx, consumer, provider } = run.clusters;
  await seen(provider.client, renews, COPY);
  const marks = { annotations: { "liqo.io/cordon": "true" }, labels: { "example.com/mark": "1" } };
  await provider.client.patch(ctx, renews, COPY, "merge", { metadata: marks });
  await consumer.client.patch(ctx, renews, RENEW, "merge", {
    metadata: { labels: { "liqo.io/more": "x" } },
    spec: { consumerClusterID: "changed" },
  });
  const copy = await seen(provider.client, renews, COPY, ({ spec }) => spec?.consumerClusterID === "changed");
  assert.equal(copy.metadata?.annotations?.["liqo.io/cordon"], "true");
  assert.equal(copy.metadata?.labels?.["example.com/mark"], "1");
  assert.equal(copy.metadata?.labels?.["liqo.io/more"], undefined);
});

const STATUS = { authParams: { apiServer: "https://rome.test" } };

interface Run extends AsyncDisposable {
  readonly clusters: TwoClusters;
}

/** Two clusters, an identity and a Renew at the consumer, a replicator between them. */
async function start(): Promise<Run> {
  const clusters = await startTwoClusters();
  const run = await startIn(clusters);
  return {
    clusters,
    [Symbol.asyncDispose]: async () => {
      await run[Symbol.asyncDispose]();
      await clusters[Symbol.asyncDispose]();
    },
  };
}

async function startIn(clusters: TwoClusters): Promise<Run> {
  const { ctx, consumer, provider } = clusters;
  const controller = new AbortController();
  const own: Context = { ...ctx, signal: AbortSignal.any([ctx.signal, controller.signal]) };
  if ((await consumer.client.find(ctx, secrets, SECRET)) === undefined) {
    const identity = await consumer.client.create(ctx, identities, {
      metadata: { ...IDENTITY, labels: { [labels.REMOTE_CLUSTER_ID]: "cluster-b" } },
      spec: { clusterID: "cluster-b", type: "ControlPlane", namespace: THERE },
    });
    const status = { kubeconfigSecretRef: { name: SECRET.name } };
    await consumer.client.updateStatus(ctx, identities, { ...identity, status });
    const secret = kubeconfigSecret(provider);
    const metadata = { ...secret.metadata, ownerReferences: [controllerReference(identity)] };
    await consumer.client.create(ctx, secrets, { ...secret, metadata });
    await consumer.client.create(ctx, renews, {
      metadata: { ...RENEW, labels: { [labels.REPLICATION]: "true", [labels.REMOTE_ID]: "cluster-b" } },
      spec: { consumerClusterID: "cluster-a" },
    });
  }
  const informers = new Informers(own, consumer.client);
  const deps = depsOf(consumer.client, informers);
  const running = Promise.all(replicationControllers(deps).map((each) => runController(own, each)));
  return {
    clusters,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
      await informers[Symbol.asyncDispose]();
    },
  };
}

function depsOf(client: KubeClient, informers: Informers): ReplicationDeps {
  return { ...controllerDeps(client, informers), clusterId: "cluster-a" };
}

function kubeconfigSecret({ api }: TwoClusters["provider"], changes: object = {}): Secret {
  const kubeconfig = {
    clusters: [
      { name: "b", cluster: { server: api.url, "certificate-authority-data": Buffer.from(api.ca).toString("base64") } },
    ],
    users: [{ name: "b", user: { token: api.adminToken } }],
    contexts: [{ name: "b", context: { cluster: "b", user: "b" } }],
    "current-context": "b",
    ...changes,
  };
  return {
    metadata: {
      ...SECRET,
      labels: { [labels.IDENTITY_TYPE]: "ControlPlane", [labels.REMOTE_CLUSTER_ID]: "cluster-b" },
      annotations: { [annotations.REMOTE_TENANT_NAMESPACE]: THERE },
    },
    data: { kubeconfig: Buffer.from(JSON.stringify(kubeconfig)).toString("base64") },
  };
}

async function leave(client: KubeClient): Promise<void> {
  const ctx = { signal: AbortSignal.timeout(5_000), log: silentLogger };
  await client.delete(ctx, identities, IDENTITY);
  await client.delete(ctx, secrets, SECRET);
  await client.delete(ctx, renews, RENEW);
}

function isLeaving({ metadata }: { readonly metadata?: { readonly deletionTimestamp?: string } }): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

function hasFinalizers({ metadata }: Secret): boolean {
  return (metadata?.finalizers ?? []).length > 0;
}

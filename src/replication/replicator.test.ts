import assert from "node:assert/strict";
import { test } from "node:test";
import type { Secret } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { renews } from "#api/authentication/renew.ts";
import { REPLICATED_RESOURCE, REPLICATOR } from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { gone, seen, startTwoClusters, type TwoClusters } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { secrets } from "#machinery/builtin.ts";
import { replicationController } from "./replicator.ts";

const HERE = "liqo-tenant-cluster-b";
const THERE = "off-cluster-a";
const RENEW = { namespace: HERE, name: "controlplane-cluster-b" };
const COPY = { namespace: THERE, name: RENEW.name };
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
  await consumer.client.delete(ctx, secrets, SECRET);
  // The Secret waits for the Renew, as the garbage collector may delete them in any order.
  const waiting = await seen(consumer.client, secrets, SECRET, isLeaving);
  assert.deepEqual(waiting.metadata?.finalizers, [REPLICATOR]);
  await consumer.client.delete(ctx, renews, RENEW);
  await gone(consumer.client, renews, RENEW);
  await gone(provider.client, renews, COPY);
  await gone(consumer.client, secrets, SECRET);
});

test("a replicator started anew ends what another had begun", async () => {
  const clusters = await startTwoClusters();
  {
    await using _first = await startIn(clusters);
    await seen(clusters.provider.client, renews, COPY);
  }
  await clusters.consumer.client.delete(clusters.ctx, secrets, SECRET);
  await clusters.consumer.client.delete(clusters.ctx, renews, RENEW);
  const stuck = await seen(clusters.consumer.client, renews, RENEW, isLeaving);
  assert.deepEqual(stuck.metadata?.finalizers, [REPLICATED_RESOURCE]);
  await using run = await startIn(clusters);
  await gone(run.clusters.consumer.client, renews, RENEW);
  await gone(run.clusters.consumer.client, secrets, SECRET);
  await clusters[Symbol.asyncDispose]();
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
    await consumer.client.create(ctx, secrets, kubeconfigSecret(provider));
    await consumer.client.create(ctx, renews, {
      metadata: { ...RENEW, labels: { [labels.REPLICATION]: "true", [labels.REMOTE_ID]: "cluster-b" } },
      spec: { consumerClusterID: "cluster-a" },
    });
  }
  const informers = new Informers(own, consumer.client);
  const running = runController(
    own,
    replicationController({ client: consumer.client, informers, clusterId: "cluster-a" }),
  );
  return {
    clusters,
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await running;
      await informers[Symbol.asyncDispose]();
    },
  };
}

function kubeconfigSecret({ api }: TwoClusters["provider"]): Secret {
  const kubeconfig = {
    clusters: [
      { name: "b", cluster: { server: api.url, "certificate-authority-data": Buffer.from(api.ca).toString("base64") } },
    ],
    users: [{ name: "b", user: { token: api.adminToken } }],
    contexts: [{ name: "b", context: { cluster: "b", user: "b" } }],
    "current-context": "b",
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

function isLeaving({ metadata }: { readonly metadata?: { readonly deletionTimestamp?: string } }): boolean {
  return metadata?.deletionTimestamp !== undefined;
}

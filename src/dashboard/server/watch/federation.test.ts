import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import * as annotations from "#api/annotations.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus } from "#kit/with-status.ts";
import { KubeClient } from "#kube/client/client.ts";
import { namespaces, nodes, pods } from "#machinery/builtin.ts";
import type { PodItem } from "../../model/items.ts";
import type { Changed } from "../picture.ts";
import { Federation } from "./federation.ts";

const VIRTUAL = { [labels.TYPE]: labels.TYPE_VIRTUAL_NODE, [labels.REMOTE_CLUSTER_ID]: "cluster-b" };
const HERE = "pod/home/off/web";
const THERE = "pod/away/off-cluster-a/web";

describe("the picture of two clusters", { timeout: 60_000 }, () => {
  let clusters: CliClusters;
  let federation: Federation;
  const told: (readonly Changed[])[] = [];

  const pod = (namespace: string, nodeName: string, own: Record<string, string> = {}): Pod => ({
    metadata: { name: "web", namespace, labels: own },
    spec: { nodeName, containers: [{ name: "web", image: "nginx" }] },
    status: { phase: "Running" },
  });

  before(async () => {
    clusters = await startCliClusters({ forbidden: new Set(["services"]) });
    const { ctx, consumer, provider } = clusters;
    const { client } = consumer;
    await client.create(ctx, foreignClusters, { metadata: { name: "cluster-b" }, spec: { clusterID: "cluster-b" } });
    await client.create(ctx, nodes, { metadata: { name: "far", labels: VIRTUAL } });
    await client.create(ctx, nodes, { metadata: { name: "near" } });
    const twin = {
      metadata: {
        labels: { [labels.REMOTE_CLUSTER_ID]: "cluster-a" },
        annotations: { [annotations.ORIGINAL_NAME]: "off", [annotations.MANAGED_BY_NAMESPACE_MAP]: "t/cluster-a" },
      },
    };
    await provider.client.patch(ctx, namespaces, { name: "off-cluster-a" }, "merge", twin);
    await createWithStatus(ctx, client, pods, pod("off", "far"));
    await createWithStatus(
      ctx,
      provider.client,
      pods,
      pod("off-cluster-a", "worker", { [labels.ORIGIN]: "cluster-a" }),
    );
    const access = (side: CliClusters["consumer"]) => ({
      client: side.client,
      liqoNamespace: "liqo",
      server: side.api.url,
      [Symbol.dispose]: () => undefined,
    });
    federation = new Federation(ctx, [
      { name: "home", access: access(consumer) },
      { name: "away", access: access(provider) },
    ]);
    federation.picture.listen((_at, changed) => void told.push(changed));
    await federation.ready;
  });
  after(async () => {
    await federation?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  /** Looks at each change. */
  function until(isSo: () => boolean): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve) => {
      const end = federation.picture.listen(() => {
        if (!isSo()) return;
        end();
        resolve();
      });
    });
  }

  const podItem = (key: string): PodItem | undefined => {
    const item = federation.picture.get(key);
    return item?.kind === "pod" ? item : undefined;
  };

  test("the first picture is whole, and comes at once", () => {
    assert.equal(told.length, 1);
    assert.equal(told[0]?.length, federation.picture.list().length);
    assert.deepEqual([podItem(HERE)?.role, podItem(THERE)?.role], ["offloaded", "twin"]);
  });

  test("clusters are known by their contexts, and what may not be read is named", () => {
    const items = federation.picture.list().flatMap((item) => (item.kind === "cluster" ? item : []));
    assert.deepEqual(
      items
        .map(({ cluster, id, reachable, message }) => ({ cluster, id, reachable, message }))
        .sort((a, b) => (a.cluster < b.cluster ? 1 : -1)),
      [
        { cluster: "home", id: "cluster-a", reachable: true, message: undefined },
        { cluster: "away", id: "cluster-b", reachable: true, message: "may not be read: services" },
      ],
    );
    assert.equal(podItem(THERE)?.twin, HERE);
  });

  test("a pod has its twin as soon as the provider accepts the namespace", async () => {
    assert.equal(podItem(HERE)?.twin, undefined);
    await createWithStatus(clusters.ctx, clusters.consumer.client, namespaceMaps, {
      metadata: { name: "cluster-b", namespace: TENANT_NAMESPACES.consumer },
      spec: { desiredMapping: { off: "off-cluster-a" } },
      status: { currentMapping: { off: { phase: "Accepted", remoteNamespace: "off-cluster-a" } } },
    });
    await until(() => podItem(HERE)?.twin === THERE);
  });

  test("what is written in one moment is told as one, with who wrote it", async () => {
    const before = told.length;
    const { ctx, consumer } = clusters;
    for (const name of ["a", "b", "c"])
      await consumer.client.create(
        ctx,
        nodes,
        { metadata: { name, labels: { rack: name } } },
        { fieldManager: "somebody" },
      );
    await until(() => federation.picture.get("node/home//c") !== undefined);
    const since = told
      .slice(before)
      .flatMap((changed) => (changed.some(({ key }) => key.startsWith("node/home//")) ? [changed] : []));
    assert.ok(since.length < 3, `${since.length} deltas`);
    assert.deepEqual(new Set(since.flat().map(({ who }) => who)), new Set(["somebody"]));
  });

  test("a node that turns out to be virtual makes its pods offloaded ones", async () => {
    const { ctx, consumer } = clusters;
    const other = pod("default", "near");
    await createWithStatus(ctx, consumer.client, pods, other);
    await until(() => podItem("pod/home/default/web")?.role === "native");
    await consumer.client.patch(ctx, nodes, { name: "near" }, "merge", { metadata: { labels: VIRTUAL } });
    await until(() => podItem("pod/home/default/web")?.role === "offloaded");
  });

  test("what is deleted is gone", async () => {
    const { ctx, provider } = clusters;
    await provider.client.delete(ctx, pods, { namespace: "off-cluster-a", name: "web" }, { gracePeriodSeconds: 0 });
    await until(() => federation.picture.get(THERE) === undefined);
    assert.equal(podItem(HERE)?.twin, THERE);
  });
});

test("a cluster that does not answer is shown as one", async () => {
  const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
  const server = "https://127.0.0.1:1";
  using client = new KubeClient({ server, token: "very-secret" }, "test");
  const access = { client, liqoNamespace: "liqo", server, [Symbol.dispose]: () => undefined };
  await using federation = new Federation(ctx, [{ name: "silent", access }]);
  await federation.ready;
  const [item, more] = federation.picture.list();
  assert.ok(more === undefined && item?.kind === "cluster" && !item.reachable);
  assert.match(item.message ?? "", /127\.0\.0\.1:1/);
  assert.doesNotMatch(JSON.stringify(item), /secret/);
  assert.deepEqual(federation.introduced, []);
  cancel();
});

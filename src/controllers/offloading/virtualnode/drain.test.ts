import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerDeps } from "#kit/controller-deps.ts";
import { startTwoClusters } from "#kit/two-clusters.ts";
import { Informers } from "#kube/informer/informers.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { drainNode, removeNode } from "./drain.ts";

const SPEC = { nodeName: "liqo-b", containers: [{ name: "c", image: "i" }] };
const DAEMON = { apiVersion: "apps/v1", kind: "DaemonSet", name: "d", uid: "1", controller: true };

test("a Node that is gone is empty", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, consumer } = clusters;
  await using informers = new Informers(ctx, consumer.client);
  assert.equal(await drainNode(ctx, controllerDeps(consumer.client, informers), "liqo-b", false), true);
});

test("draining closes the Node and evicts its pods but those of DaemonSets, until none is left", async () => {
  await using clusters = await startTwoClusters();
  const { ctx } = clusters;
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  const deps = controllerDeps(client, informers);
  await client.create(ctx, nodes, { metadata: { name: "liqo-b", labels: { "liqo.io/type": "virtual-node" } } });
  await client.create(ctx, pods, {
    metadata: { namespace: "off", name: "cart", finalizers: ["test/held"] },
    spec: SPEC,
  });
  await client.create(ctx, pods, {
    metadata: { namespace: "off", name: "daemon", ownerReferences: [DAEMON] },
    spec: SPEC,
  });
  assert.equal(await drainNode(ctx, deps, "liqo-b", false), false);
  assert.equal((await client.get(ctx, nodes, { name: "liqo-b" })).spec?.unschedulable, true);
  const leaving = await client.get(ctx, pods, { namespace: "off", name: "cart" });
  assert.notEqual(leaving.metadata?.deletionTimestamp, undefined);
  assert.equal(
    (await client.get(ctx, pods, { namespace: "off", name: "daemon" })).metadata?.deletionTimestamp,
    undefined,
  );
  await client.patch(ctx, pods, { namespace: "off", name: "cart" }, "merge", { metadata: { finalizers: null } });
  await client.deleteIfPresent(ctx, pods, { namespace: "off", name: "cart" }, { gracePeriodSeconds: 0 });
  assert.equal(await drainNode(ctx, deps, "liqo-b", false), true);
});

test("a machine that is called like a virtual node is left alone", async () => {
  await using clusters = await startTwoClusters();
  const { ctx } = clusters;
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  await client.create(ctx, nodes, { metadata: { name: "liqo-b" } });
  assert.equal(await removeNode(ctx, controllerDeps(client, informers), "liqo-b", false), true);
  assert.equal((await client.get(ctx, nodes, { name: "liqo-b" })).spec?.unschedulable, undefined);
});

test("at a peer that is gone for good nobody ends the pods: they are deleted by force", async () => {
  await using clusters = await startTwoClusters();
  const { ctx } = clusters;
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  const deps = controllerDeps(client, informers);
  await client.create(ctx, nodes, { metadata: { name: "liqo-b", labels: { "liqo.io/type": "virtual-node" } } });
  await client.create(ctx, pods, { metadata: { namespace: "off", name: "cart" }, spec: SPEC });
  await drainNode(ctx, deps, "liqo-b", true);
  assert.equal(await client.find(ctx, pods, { namespace: "off", name: "cart" }), undefined);
  assert.equal(await drainNode(ctx, deps, "liqo-b", true), true);
});

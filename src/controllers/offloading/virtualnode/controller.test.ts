import assert from "node:assert/strict";
import { test } from "node:test";
import { VIRTUAL_NODE } from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { virtualNodes, vkOptionsTemplates } from "#api/offloading/virtualnode.ts";
import { withCancel } from "#base/context.ts";
import { forgeVkOwnBindings } from "#forge/virtualnode-rights.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { clusterRoleBindings, deployments, nodes, serviceAccounts } from "#machinery/builtin.ts";
import { managedAccounts } from "../../accounts.ts";
import { virtualNodeController } from "./controller.ts";

const TEMPLATE = {
  metadata: { name: "vk" },
  spec: {
    selector: { matchLabels: { app: "vk" } },
    template: { metadata: { labels: { app: "vk" } }, spec: { containers: [{ name: "vk", image: "i" }] } },
  },
};

/** As the webhook makes it. */
const LABELLED = {
  ...TEMPLATE,
  metadata: {
    ...TEMPLATE.metadata,
    labels: { "liqo.io/virtual-node": "liqo-b" },
  },
};

test("a VirtualNode gets rights in the tenant namespace of its provider only", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const spec = { clusterID: "cluster-b", template: TEMPLATE };
  for (const [namespace, name, clusterID] of [
    ["off", "liqo-forged", "cluster-b"],
    [TENANT_NAMESPACES.consumer, "liqo-turin", "turin"],
    [TENANT_NAMESPACES.consumer, "liqo-b", "cluster-b"],
  ] as const)
    await client.create(ctx, virtualNodes, { metadata: { namespace, name }, spec: { ...spec, clusterID } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, { ...virtualNodeController(controllerDeps(client, informers)), workers: 1 });
  await seen(client, clusterRoleBindings, { name: "liqo-node-liqo-b" });
  const { items } = await client.list(ctx, clusterRoleBindings);
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name).filter((name) => name?.startsWith("liqo-node-")),
    ["liqo-node-liqo-b"],
  );
  cancel();
  await running;
});

test("a changed Node needs no writes but that of the status: they would be refused here", async () => {
  const forbidden = new Set<string>();
  await using clusters = await startTwoClusters({ forbidden });
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const key = { namespace: TENANT_NAMESPACES.provider, name: "liqo-b" };
  await client.create(ctx, virtualNodes, { metadata: key, spec: { clusterID: "cluster-a", template: LABELLED } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, { ...virtualNodeController(controllerDeps(client, informers)), workers: 1 });
  const isNode = (expected: string) =>
    seen(client, virtualNodes, key, ({ status }) =>
      (status?.conditions ?? []).some(({ type, status: value }) => type === "Node" && value === expected),
    );
  await isNode("Creating");
  // Its own writes must have come back first.
  const { accounts, roleBindings, clusterRoleBindings: everywhere } = managedAccounts({ informers });
  const maps = informers.for(namespaceMaps);
  const own = informers.for(deployments, { labelSelector: VIRTUAL_NODE });
  await eventually("the cache knows them", async () => {
    const counts = [accounts, roleBindings, everywhere, maps, own].map(({ store }) => store.list().length);
    assert.deepEqual(counts, [1, forgeVkOwnBindings(await client.get(ctx, virtualNodes, key)).length, 1, 1, 1]);
  });
  for (const plural of ["deployments", "serviceaccounts", "rolebindings", "clusterrolebindings", "namespacemaps"])
    forbidden.add(plural);
  await client.create(ctx, nodes, { metadata: { name: "liqo-b", labels: { "liqo.io/type": "virtual-node" } } });
  await isNode("Running");
  cancel();
  await running;
});

test("an account that somebody deletes comes back, with a new virtual kubelet", async () => {
  const namespace = TENANT_NAMESPACES.consumer;
  await using running = await runControllers([virtualNodeController], async (ctx, client) => {
    const spec = { clusterID: "cluster-b", template: LABELLED };
    await client.create(ctx, virtualNodes, { metadata: { namespace, name: "liqo-b" }, spec });
  });
  const { ctx, client } = running;
  await seen(client, deployments, { namespace, name: "vk" });
  await client.delete(ctx, serviceAccounts, { namespace, name: "liqo-b" });
  await seen(client, deployments, { namespace, name: "vk" }, ({ metadata }) => metadata?.generation === 2);
});

test("a VirtualNode takes all it had along, in order", async () => {
  const key = { namespace: TENANT_NAMESPACES.consumer, name: "liqo-b" };
  const map = { ...key, name: "cluster-b" };
  await using running = await runControllers([virtualNodeController], async (ctx, client) => {
    await client.create(ctx, virtualNodes, { metadata: key, spec: { clusterID: "cluster-b", template: LABELLED } });
    await client.create(ctx, nodes, { metadata: { name: "liqo-b", labels: { "liqo.io/type": "virtual-node" } } });
  });
  const { ctx, client } = running;
  await seen(client, namespaceMaps, map);
  const deployment = await seen(client, deployments, { ...key, name: "vk" });
  await client.delete(ctx, virtualNodes, key);
  await seen(client, virtualNodes, key, ({ status }) =>
    (status?.conditions ?? []).some(({ status: value }) => value === "Draining"),
  );
  // What the garbage collector does once its pods are gone.
  const leaving = await seen(client, deployments, { ...key, name: "vk" }, ({ metadata }) => {
    return metadata?.deletionTimestamp !== undefined;
  });
  assert.equal(leaving.metadata?.uid, deployment.metadata?.uid);
  await client.patch(ctx, deployments, { ...key, name: "vk" }, "merge", { metadata: { finalizers: null } });
  await gone(client, virtualNodes, key);
  await gone(client, namespaceMaps, map);
  assert.equal(await client.find(ctx, nodes, { name: "liqo-b" }), undefined);
  assert.equal(await client.find(ctx, serviceAccounts, key), undefined);
  assert.equal(await client.find(ctx, clusterRoleBindings, { name: "liqo-node-liqo-b" }), undefined);
});

test("a VkOptionsTemplate that changes reaches the virtual kubelets that are there", async () => {
  const key = { namespace: TENANT_NAMESPACES.consumer, name: "liqo-b" };
  // Where the tests' controllers are installed.
  const options = { namespace: "default", name: "virtual-kubelet-default" };
  const spec = { containerImage: "liqo:1", createNode: true, disableNetworkCheck: false, metricsEnabled: false };
  await using running = await runControllers([virtualNodeController], async (ctx, client) => {
    await client.create(ctx, vkOptionsTemplates, { metadata: options, spec });
    await client.create(ctx, virtualNodes, {
      metadata: key,
      spec: { clusterID: "cluster-b", template: withImage("liqo:1") },
    });
  });
  const { ctx, client } = running;
  const runs = (image: string) =>
    eventually(`the virtual kubelet runs ${image}`, async () => {
      const { items } = await client.list(ctx, deployments, { namespace: key.namespace });
      const images = items.map(({ spec: each }) => each?.template.spec?.containers[0]?.image);
      assert.deepEqual(new Set(images), new Set([image]));
    });
  await runs("liqo:1");
  await client.patch(ctx, vkOptionsTemplates, options, "merge", { spec: { containerImage: "liqo:2" } });
  await runs("liqo:2");
});

function withImage(image: string): typeof LABELLED {
  const { template } = LABELLED.spec;
  const containers = [{ name: "vk", image }];
  return { ...LABELLED, spec: { ...LABELLED.spec, template: { ...template, spec: { ...template.spec, containers } } } };
}

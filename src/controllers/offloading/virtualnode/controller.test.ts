import assert from "node:assert/strict";
import { test } from "node:test";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { clusterRoleBindings } from "#machinery/builtin.ts";
import { virtualNodeController } from "./controller.ts";

const TEMPLATE = {
  metadata: { name: "vk" },
  spec: {
    selector: { matchLabels: { app: "vk" } },
    template: { metadata: { labels: { app: "vk" } }, spec: { containers: [{ name: "vk", image: "i" }] } },
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

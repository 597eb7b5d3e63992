import assert from "node:assert/strict";
import { test } from "node:test";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { seen } from "#kit/two-clusters.ts";
import { coreEvents, pods } from "#machinery/builtin.ts";
import { podFallbackController } from "./controller.ts";

const MAP = { namespace: "liqo-tenant-cluster-b", name: "cluster-b" };
const NODE = "liqo-cluster-b";
const onVirtualNode = (namespace: string, name: string) => ({
  metadata: { namespace, name },
  spec: { nodeName: NODE, containers: [{ name: "web", image: "nginx" }] },
});
const accepted = { off: { remoteNamespace: "off-cluster-a", phase: "Accepted" as const } };

test("a pod in a namespace that is not offloaded waits, one that ran has failed, others are left alone", async () => {
  await using running = await runControllers([podFallbackController], async (ctx, client) => {
    await client.create(ctx, virtualNodes, {
      metadata: { name: NODE, namespace: MAP.namespace },
      spec: { clusterID: "cluster-b" },
    });
    const map = await client.create(ctx, namespaceMaps, {
      metadata: MAP,
      spec: { desiredMapping: { off: "off-cluster-a" } },
    });
    await client.updateStatus(ctx, namespaceMaps, { ...map, status: { currentMapping: accepted } });
  });
  const { ctx, client } = running;
  const ran = await client.create(ctx, pods, onVirtualNode("off", "ran"));
  await client.updateStatus(ctx, pods, { ...ran, status: { phase: "Running" } });
  const elsewhere = onVirtualNode("default", "elsewhere");
  await client.create(ctx, pods, { ...elsewhere, spec: { ...elsewhere.spec, nodeName: "worker-node-1" } });
  await client.create(ctx, pods, onVirtualNode("default", "web"));
  const waiting = await seen(
    client,
    pods,
    { namespace: "default", name: "web" },
    (pod) => pod.status?.reason !== undefined,
  );
  assert.equal(waiting.status?.reason, "OffloadingBackOff");
  assert.match(waiting.status?.message ?? "", /^namespace "default" has no twin in cluster "cluster-b"/);
  for (const key of [
    { namespace: "off", name: "ran" },
    { namespace: "default", name: "elsewhere" },
  ])
    assert.equal((await client.get(ctx, pods, key)).status?.reason, undefined, key.name);
  for await (const event of client.watch(ctx, coreEvents, { namespace: "default", resourceVersion: "0" })) {
    if (event.type !== "ADDED") continue;
    assert.equal(event.object.reason, "ReflectionDisabled");
    break;
  }
  const gone = { status: { currentMapping: { off: { phase: "Terminating" } } } };
  await client.patch(ctx, namespaceMaps, MAP, "merge", gone, { subresource: "status" });
  const aborted = await seen(client, pods, { namespace: "off", name: "ran" }, (pod) => pod.status?.phase === "Failed");
  assert.equal(aborted.status?.reason, "OffloadingAborted");
});

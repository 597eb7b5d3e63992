import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "#kit/eventually.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { nodeFailureController } from "./controller.ts";

const NODE = { name: "worker-node-9" };

test("when a node fails, what ends on it goes at once, and what runs on it stays", async () => {
  await using running = await runControllers([nodeFailureController], async (ctx, client) => {
    const node = await client.create(ctx, nodes, { metadata: NODE });
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    await client.updateStatus(ctx, nodes, { ...node, status });
  });
  const { ctx, client } = running;
  const names = ["ending", "running"];
  for (const name of names)
    await client.create(ctx, pods, {
      metadata: { namespace: "default", name, labels: { "liqo.io/managed-by": "shadowpod" } },
      spec: { nodeName: NODE.name, containers: [{ name: "web", image: "nginx" }] },
    });
  await client.delete(ctx, pods, { namespace: "default", name: "ending" }, { gracePeriodSeconds: 600 });
  const left = async () =>
    (await client.list(ctx, pods, { namespace: "default" })).items.map((pod) => pod.metadata?.name);
  assert.deepEqual(await left(), names);
  const failed = { status: { conditions: [{ type: "Ready", status: "Unknown" }] } };
  await client.patch(ctx, nodes, NODE, "merge", failed, { subresource: "status" });
  await eventually("the one that was ending is gone", async () => assert.deepEqual(await left(), ["running"]));
});

import { test } from "node:test";
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { seen } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { podStatusController } from "./controller.ts";

const KEY = { namespace: "off", name: "cart" };

async function report(ctx: Context, client: KubeClient, status: "True" | "False"): Promise<void> {
  const node = await client.get(ctx, nodes, { name: "liqo-b" });
  await client.updateStatus(ctx, nodes, { ...node, status: { conditions: [{ type: "Ready", status }] } });
}

test("offloaded pods are marked while their node is down", async () => {
  await using running = await runControllers([podStatusController], async (ctx, client) => {
    const metadata = { name: "liqo-b", labels: { [labels.TYPE]: labels.TYPE_VIRTUAL_NODE } };
    await client.create(ctx, nodes, { metadata });
    const spec = { nodeName: "liqo-b", containers: [{ name: "c", image: "i" }] };
    await client.create(ctx, pods, { metadata: { ...KEY, labels: { [labels.SHADOW_POD]: "true" } }, spec });
  });
  const { ctx, client } = running;
  const isMarked = (expected: boolean) =>
    seen(client, pods, KEY, ({ metadata }) => {
      return (metadata?.labels?.[labels.REMOTE_UNAVAILABLE] === "true") === expected;
    });
  await report(ctx, client, "False");
  await isMarked(true);
  await report(ctx, client, "True");
  await isMarked(false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngineParts } from "#kit/engine-parts.ts";
import { podDisruptionBudgets, pods } from "#machinery/builtin.ts";
import { disruptionController } from "./controller.ts";

test("a budget follows the pods that it covers", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(disruptionController);
  const key = { namespace: "off", name: "web" };
  const labels = { app: "web" };
  const selector = { matchLabels: labels };
  await client.create(ctx, podDisruptionBudgets, { metadata: key, spec: { minAvailable: 1, selector } });
  const status = { conditions: [{ type: "Ready", status: "True" }] };
  for (const [name, own] of [
    ["web-1", labels],
    ["web-2", labels],
    ["db", { app: "db" }],
  ] as const) {
    const podKey = { namespace: "off", name };
    await client.create(ctx, pods, {
      metadata: { ...podKey, labels: own },
      spec: { containers: [{ name: "c", image: "i" }] },
    });
    await client.patch(ctx, pods, podKey, "merge", { status }, { subresource: "status" });
  }
  const two = await parts.seen(podDisruptionBudgets, key, (budget) => budget.status?.currentHealthy === 2);
  assert.deepEqual([two.status?.expectedPods, two.status?.disruptionsAllowed], [2, 1]);
  await client.delete(ctx, pods, { namespace: "off", name: "web-1" }, { gracePeriodSeconds: 0 });
  await parts.seen(
    podDisruptionBudgets,
    key,
    (budget) => budget.status?.currentHealthy === 1 && budget.status.disruptionsAllowed === 0,
  );
});

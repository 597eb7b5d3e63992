import assert from "node:assert/strict";
import { test } from "node:test";
import { asking } from "#kit/cluster-objects.ts";
import { startEngineParts } from "#kit/engine-parts.ts";
import { configMaps, pods, resourceQuotas } from "#machinery/builtin.ts";
import { resourceQuotaController } from "./controller.ts";

test("a quota tells what is used of it in its namespace, watched or not", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(resourceQuotaController);
  const key = { namespace: "off", name: "limits" };
  for (const namespace of ["off", "default"])
    await client.create(ctx, configMaps, { metadata: { namespace, name: "settings" } });
  const hard = { pods: "4", "requests.cpu": "2", configmaps: "9" };
  await client.create(ctx, resourceQuotas, { metadata: key, spec: { hard } });
  const empty = await parts.seen(resourceQuotas, key, ({ status }) => status?.used !== undefined);
  assert.deepEqual(empty.status, { hard, used: { pods: "0", "requests.cpu": "0", configmaps: "1" } });
  await client.create(ctx, pods, { metadata: { namespace: "off", name: "web" }, spec: asking({ cpu: "500m" }) });
  const one = await parts.seen(resourceQuotas, key, ({ status }) => status?.used?.["pods"] === "1");
  assert.equal(one.status?.used?.["requests.cpu"], "500m");
  await client.delete(ctx, pods, { namespace: "off", name: "web" }, { gracePeriodSeconds: 0 });
  await parts.seen(resourceQuotas, key, ({ status }) => status?.used?.["requests.cpu"] === "0");
});

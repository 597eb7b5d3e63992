import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngineParts } from "#kit/engine-parts.ts";
import { configMaps, namespaces, pods } from "#machinery/builtin.ts";
import { namespaceController } from "./controller.ts";

test("a namespace that is deleted is emptied, tells what it waits for, and goes", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const held = { namespace: "off", name: "held" };
  await client.create(ctx, configMaps, { metadata: { ...held, finalizers: ["example.com/mine"] } });
  await client.create(ctx, configMaps, { metadata: { namespace: "off", name: "plain" } });
  const spec = { containers: [{ name: "c", image: "i" }] };
  await client.create(ctx, pods, { metadata: { namespace: "off", name: "web" }, spec });
  await client.create(ctx, configMaps, { metadata: { namespace: "default", name: "elsewhere" } });
  parts.run(namespaceController);
  await client.delete(ctx, namespaces, { name: "off" });
  const MESSAGE = "Some resources are remaining: configmaps. has 1 resource instances";
  await parts.seen(namespaces, { name: "off" }, ({ status }) =>
    (status?.conditions ?? []).some(({ message }) => message === MESSAGE),
  );
  assert.equal((await client.list(ctx, pods, { namespace: "off" })).items.length, 0);
  await client.patch(ctx, configMaps, held, "merge", { metadata: { finalizers: null } });
  await parts.gone(namespaces, { name: "off" });
  assert.notEqual(await client.find(ctx, configMaps, { namespace: "default", name: "elsewhere" }), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { startEngineParts } from "#kit/engine-parts.ts";
import { namespaces, serviceAccounts } from "#machinery/builtin.ts";
import { serviceAccountController } from "./controller.ts";

test("every namespace has a default account, again when it is deleted", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  parts.run(serviceAccountController);
  const key = { namespace: "off", name: "default" };
  const first = await parts.seen(serviceAccounts, key);
  await client.delete(ctx, serviceAccounts, key);
  await parts.seen(serviceAccounts, key, ({ metadata }) => metadata?.uid !== first.metadata?.uid);
  await client.create(ctx, namespaces, { metadata: { name: "new" } });
  await parts.seen(serviceAccounts, { namespace: "new", name: "default" });
  assert.equal((await client.list(ctx, serviceAccounts, { namespace: "new" })).items.length, 1);
});

test("a namespace that is being deleted gets none", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  await client.create(ctx, namespaces, { metadata: { name: "ending" } });
  await client.delete(ctx, namespaces, { name: "ending" });
  parts.run(serviceAccountController);
  await client.create(ctx, namespaces, { metadata: { name: "later" } });
  await parts.seen(serviceAccounts, { namespace: "later", name: "default" });
  assert.equal((await client.list(ctx, serviceAccounts, { namespace: "ending" })).items.length, 0);
});

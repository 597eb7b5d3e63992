import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "kubernetes-types/core/v1";
import { type EngineParts, startEngineParts } from "#kit/engine-parts.ts";
import { configMaps, secrets } from "#machinery/builtin.ts";
import { garbageCollector } from "./controller.ts";

const key = (name: string) => ({ namespace: "off", name });

async function create(
  { ctx, client }: EngineParts,
  name: string,
  owners: readonly ConfigMap[] = [],
  own: ConfigMap["metadata"] = {},
): Promise<ConfigMap> {
  const ownerReferences = owners.map(({ metadata }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    name: metadata?.name ?? "",
    uid: metadata?.uid ?? "",
    blockOwnerDeletion: true,
  }));
  return client.create(ctx, configMaps, { metadata: { ...key(name), ownerReferences, ...own } });
}

test("what loses its last owner goes, and what loses one of several forgets it", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const a = await create(parts, "a");
  const b = await create(parts, "b");
  const child = await create(parts, "child", [a]);
  await create(parts, "grandchild", [child]);
  await create(parts, "shared", [a, b]);
  parts.run(garbageCollector);
  await client.delete(ctx, configMaps, key("a"), { propagationPolicy: "Background" });
  await parts.gone(configMaps, key("child"));
  await parts.gone(configMaps, key("grandchild"));
  const shared = await parts.seen(configMaps, key("shared"), ({ metadata }) => metadata?.ownerReferences?.length === 1);
  assert.equal(shared.metadata?.ownerReferences?.[0]?.name, "b");
});

test("an owner of another life does not count, and one that was never seen is asked for", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const past = { metadata: { name: "a", uid: "another-life" } };
  await create(parts, "a");
  parts.run(garbageCollector);
  await create(parts, "child", [past]);
  await parts.gone(configMaps, key("child"));
  assert.notEqual(await client.find(ctx, configMaps, key("a")), undefined);
});

test("foreground: the owner stays until its dependents are gone", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const a = await create(parts, "a");
  await create(parts, "child", [a], { finalizers: ["example.com/mine"] });
  parts.run(garbageCollector);
  await client.delete(ctx, configMaps, key("a"), { propagationPolicy: "Foreground" });
  await parts.seen(configMaps, key("child"), ({ metadata }) => metadata?.deletionTimestamp !== undefined);
  assert.deepEqual((await client.get(ctx, configMaps, key("a"))).metadata?.finalizers, ["foregroundDeletion"]);
  const { metadata } = await client.get(ctx, configMaps, key("child"));
  const finalizers = (metadata?.finalizers ?? []).filter((name) => name !== "example.com/mine");
  await client.patch(ctx, configMaps, key("child"), "merge", { metadata: { finalizers } });
  await parts.gone(configMaps, key("child"));
  await parts.gone(configMaps, key("a"));
});

test("orphaning: the dependents stay, without the owner", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const a = await create(parts, "a");
  await create(parts, "child", [a]);
  parts.run(garbageCollector);
  // When this one is gone the objects that are older are known.
  await create(parts, "probe", [{ metadata: { name: "gone", uid: "gone" } }]);
  await parts.gone(configMaps, key("probe"));
  await client.delete(ctx, configMaps, key("a"), { propagationPolicy: "Orphan" });
  await parts.gone(configMaps, key("a"));
  const child = await client.get(ctx, configMaps, key("child"));
  assert.equal(child.metadata?.ownerReferences, undefined);
  assert.equal(child.metadata?.deletionTimestamp, undefined);
});

test("owners of another kind count as well", async () => {
  await using parts = await startEngineParts();
  const { ctx, client } = parts;
  const secret = await client.create(ctx, secrets, { metadata: key("a") });
  const reference = { apiVersion: "v1", kind: "Secret", name: "a", uid: secret.metadata?.uid ?? "" };
  await create(parts, "child", [], { ownerReferences: [reference] });
  parts.run(garbageCollector);
  await client.delete(ctx, secrets, key("a"));
  await parts.gone(configMaps, key("child"));
});

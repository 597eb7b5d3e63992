import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { configMaps } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { KubeClient } from "../client/client.ts";
import { Informer } from "../informer/informer.ts";
import { watchMapped } from "./controller.ts";

test("a change tells the keys from before and after it, each once", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  const key = { namespace: "default", name: "map" };
  const targets = (data: string): ConfigMap => ({ metadata: key, data: { targets: data } });
  await client.create(ctx, configMaps, targets("a,b"));
  await using informer = new Informer(ctx, client, configMaps, { namespace: "default" });
  await informer.synced;
  const mapped = ({ data }: ConfigMap): ObjectKey[] =>
    (data?.["targets"] ?? "").split(",").map((name) => ({ namespace: "default", name }));
  const told: string[] = [];
  watchMapped(informer, mapped).start(({ name }) => told.push(name));
  const changed = new Promise<void>((resolve) => {
    informer.addHandler({ updated: () => resolve() });
  });
  told.length = 0;
  await client.update(ctx, configMaps, targets("b,c"));
  await changed;
  assert.deepEqual(told, ["a", "b", "c"]);
});

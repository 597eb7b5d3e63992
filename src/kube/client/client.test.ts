import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { configMaps } from "#machinery/builtin.ts";
import { isConflict, isInvalid } from "#machinery/status-error.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { KubeClient } from "./client.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const KEY = { namespace: "default", name: "map" };

test("createIfAbsent gives the new object, and leaves one of that name as it is", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const made = await client.createIfAbsent(ctx, configMaps, { metadata: KEY, data: { by: "first" } });
  assert.notEqual(made?.metadata?.uid, undefined);
  assert.equal(await client.createIfAbsent(ctx, configMaps, { metadata: KEY, data: { by: "second" } }), undefined);
  assert.deepEqual((await client.get(ctx, configMaps, KEY)).data, { by: "first" });
});

test("createIfAbsent throws what else is wrong", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const bad = { metadata: { ...KEY, name: "No Name" } };
  await assert.rejects(client.createIfAbsent(ctx, configMaps, bad), isInvalid);
});

test("deleteObserved deletes what was seen, be it gone already, and never what has replaced it", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const seen = await client.create(ctx, configMaps, { metadata: KEY });
  await client.deleteObserved(ctx, configMaps, seen);
  assert.equal(await client.find(ctx, configMaps, KEY), undefined);
  await client.deleteObserved(ctx, configMaps, seen);
  const next = await client.create(ctx, configMaps, { metadata: KEY });
  await assert.rejects(client.deleteObserved(ctx, configMaps, seen), isConflict);
  assert.equal((await client.get(ctx, configMaps, KEY)).metadata?.uid, next.metadata?.uid);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { configMaps } from "#machinery/builtin.ts";
import { isConflict } from "#machinery/status-error.ts";
import { startTestApiServer } from "#playground/testing.ts";
import { KubeClient } from "../client/client.ts";
import { ensureFinalizer, hasFinalizer, removeFinalizer } from "./finalizer.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const KEY = { namespace: "default", name: "map" };
const [OURS, THEIRS] = ["liqo.io/ours", "liqo.io/theirs"];

test("a finalizer is put once, beside others', and taken away alone", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const made = await client.create(ctx, configMaps, { metadata: { ...KEY, finalizers: [THEIRS] } });
  const held = await ensureFinalizer(ctx, client, configMaps, made, OURS);
  assert.deepEqual(held.metadata?.finalizers, [THEIRS, OURS]);
  const again = await ensureFinalizer(ctx, client, configMaps, held, OURS);
  assert.equal(again.metadata?.resourceVersion, held.metadata?.resourceVersion);
  await removeFinalizer(ctx, client, configMaps, held, OURS);
  const left = await client.get(ctx, configMaps, KEY);
  assert.deepEqual(left.metadata?.finalizers, [THEIRS]);
  assert.equal(hasFinalizer(left, OURS), false);
});

test("one that is not there needs no write, and an object that is gone none either", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const made = await client.create(ctx, configMaps, { metadata: { ...KEY, finalizers: [OURS] } });
  await removeFinalizer(ctx, client, configMaps, made, THEIRS);
  assert.equal((await client.get(ctx, configMaps, KEY)).metadata?.resourceVersion, made.metadata?.resourceVersion);
  await removeFinalizer(ctx, client, configMaps, made, OURS);
  await client.delete(ctx, configMaps, KEY);
  await removeFinalizer(ctx, client, configMaps, made, OURS);
});

test("a stale view loses to another writer instead of undoing what that one put", async () => {
  await using api = await startTestApiServer();
  using client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
  const stale = await client.create(ctx, configMaps, { metadata: KEY });
  await ensureFinalizer(ctx, client, configMaps, stale, THEIRS);
  await assert.rejects(ensureFinalizer(ctx, client, configMaps, stale, OURS), isConflict);
  assert.deepEqual((await client.get(ctx, configMaps, KEY)).metadata?.finalizers, [THEIRS]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigMap } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { configMaps } from "#machinery/builtin.ts";
import { isConflict, isInvalid } from "#machinery/status-error.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { Applier } from "./applier.ts";
import { KubeClient } from "./client.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const KEY = { namespace: "default", name: "map" };
const map = (data: Record<string, string>): ConfigMap => ({ metadata: KEY, data });
const clientOf = (api: TestApiServer) => new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");

test("an object is applied once, and again when it was changed by somebody else", async () => {
  await using api = await startTestApiServer();
  using client = clientOf(api);
  const applier = new Applier(client);
  const wanted = map({ a: "1" });
  const first = await applier.applyIfChanged(ctx, configMaps, { cached: undefined, wanted });
  assert.deepEqual(first?.data, { a: "1" });
  assert.equal(await applier.applyIfChanged(ctx, configMaps, { cached: first, wanted }), undefined);
  const widened = await client.patch(ctx, configMaps, KEY, "merge", { data: { b: "2" } });
  assert.equal(await applier.applyIfChanged(ctx, configMaps, { cached: widened, wanted }), undefined);
  const changed = await client.patch(ctx, configMaps, KEY, "merge", { data: { a: "9" } });
  const back = await applier.applyIfChanged(ctx, configMaps, { cached: changed, wanted });
  assert.deepEqual(back?.data, { a: "1", b: "2" });
});

test("a field that is wanted no more goes, though what is wanted is all there", async () => {
  await using api = await startTestApiServer();
  using client = clientOf(api);
  const applier = new Applier(client);
  const cached = await applier.applyIfChanged(ctx, configMaps, { cached: undefined, wanted: map({ a: "1", b: "2" }) });
  const narrowed = await applier.applyIfChanged(ctx, configMaps, { cached, wanted: map({ a: "1" }) });
  assert.deepEqual(narrowed?.data, { a: "1" });
});

test("what an earlier process applied is applied once more, since what it wanted is not known", async () => {
  await using api = await startTestApiServer();
  using client = clientOf(api);
  const cached = await new Applier(client).applyIfChanged(ctx, configMaps, {
    cached: undefined,
    wanted: map({ a: "1", b: "2" }),
  });
  const restarted = new Applier(client);
  const answer = await restarted.applyIfChanged(ctx, configMaps, { cached, wanted: map({ a: "1" }) });
  assert.deepEqual(answer?.data, { a: "1" });
});

test("an object that is gone is made again, one that was forgotten is asked for again", async () => {
  await using api = await startTestApiServer();
  using client = clientOf(api);
  const applier = new Applier(client);
  const wanted = map({ a: "1" });
  const first = await applier.applyIfChanged(ctx, configMaps, { cached: undefined, wanted });
  await client.delete(ctx, configMaps, KEY);
  const second = await applier.applyIfChanged(ctx, configMaps, { cached: undefined, wanted });
  assert.notEqual(second?.metadata?.uid, first?.metadata?.uid);
  applier.forget(configMaps, KEY);
  assert.notEqual(await applier.applyIfChanged(ctx, configMaps, { cached: second, wanted }), undefined);
});

test("a write for an object that another has replaced is refused", async () => {
  await using api = await startTestApiServer();
  using client = clientOf(api);
  const applier = new Applier(client);
  const cached = await applier.applyIfChanged(ctx, configMaps, { cached: undefined, wanted: map({ a: "1" }) });
  await client.delete(ctx, configMaps, KEY);
  await client.create(ctx, configMaps, map({ whose: "another's" }));
  const late = applier.applyIfChanged(ctx, configMaps, { cached, wanted: map({ a: "2" }) });
  await assert.rejects(late, (error) => isInvalid(error) || isConflict(error));
  assert.deepEqual((await client.get(ctx, configMaps, KEY)).data, { whose: "another's" });
});

test("an object that somebody made in the place of ours is made ours, though it is the same", async () => {
  await using api = await startTestApiServer();
  using client = clientOf(api);
  const applier = new Applier(client);
  const wanted = map({ a: "1", b: "2" });
  await applier.applyIfChanged(ctx, configMaps, { cached: undefined, wanted });
  await client.delete(ctx, configMaps, KEY);
  const cached = await client.apply(ctx, configMaps, wanted, { fieldManager: "somebody" });
  assert.notEqual(await applier.applyIfChanged(ctx, configMaps, { cached, wanted }), undefined);
});

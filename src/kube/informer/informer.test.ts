import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { ConfigMap } from "kubernetes-types/core/v1";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configMaps } from "#machinery/builtin.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { Informer, type InformerOptions } from "./informer.ts";
import { Informers } from "./informers.ts";

let api: TestApiServer;
let client: KubeClient;
let ctx: Context;
let cancel: () => void;

beforeEach(async () => {
  ({ ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger }));
  api = await startTestApiServer();
  client = new KubeClient({ server: api.url, ca: api.ca, token: api.adminToken }, "test");
});
afterEach(async () => {
  cancel();
  client[Symbol.dispose]();
  await api[Symbol.asyncDispose]();
});

const named = (name: string): ConfigMap => ({ metadata: { namespace: "default", name }, data: { of: name } });

async function following(options: InformerOptions<ConfigMap> = {}): Promise<Informer<ConfigMap>> {
  const informer = new Informer(ctx, client, configMaps, { namespace: "default", ...options });
  await informer.synced;
  return informer;
}

/** Resolves with the next object that the informer tells of. */
function next(informer: Informer<ConfigMap>): Promise<ConfigMap> {
  const { promise, resolve } = Promise.withResolvers<ConfigMap>();
  const remove = informer.addHandler({
    added: (object, initial) => {
      if (!initial) resolve(object);
    },
    updated: resolve,
    deleted: resolve,
  });
  return promise.finally(remove);
}

test("a list comes page by page", async () => {
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await client.create(ctx, configMaps, named(name));
  const sizes: number[] = [];
  for await (const { items } of client.pages(ctx, configMaps, { namespace: "default", limit: 2 }))
    sizes.push(items.length);
  assert.deepEqual(sizes, [2, 2, 1]);
});

test("managed fields are kept by who wants them only, from the list and from the watch", async () => {
  await client.create(ctx, configMaps, named("listed"));
  await using without = await following();
  await using within = await following({ keepsManagedFields: true });
  const told = Promise.all([next(without), next(within)]);
  await client.create(ctx, configMaps, named("watched"));
  await told;
  for (const name of ["listed", "watched"]) {
    const key = { namespace: "default", name };
    const { metadata: { managedFields, ...metadata } = {}, ...rest } = within.store.get(key) ?? {};
    assert.equal(managedFields?.[0]?.manager, "test");
    assert.deepEqual(without.store.get(key), { ...rest, metadata });
  }
});

test("an object written back as it is in the store keeps its managed fields", async () => {
  await client.create(ctx, configMaps, named("a"));
  await using informer = await following();
  const stored = informer.store.get({ namespace: "default", name: "a" }) ?? {};
  const written = await client.update(ctx, configMaps, { ...stored, data: { of: "b" } });
  assert.deepEqual(
    written.metadata?.managedFields?.map(({ manager, operation }) => ({ manager, operation })),
    [{ manager: "test", operation: "Update" }],
  );
});

test("one that was ended is started anew by whoever asks for it next", async () => {
  await using informers = new Informers(ctx, client);
  const scope = { namespace: "default" };
  const first = informers.for(configMaps, scope);
  await first.synced;
  assert.equal(informers.for(configMaps, scope), first);
  await informers.end(first);
  const second = informers.for(configMaps, scope);
  await second.synced;
  const told = next(second);
  await client.create(ctx, configMaps, named("later"));
  assert.equal((await told).metadata?.name, "later");
});

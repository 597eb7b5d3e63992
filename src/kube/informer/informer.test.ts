import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import type { ConfigMap } from "kubernetes-types/core/v1";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { stallingWay } from "#kit/stalling-way.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configMaps } from "#machinery/builtin.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { Informer, type InformerOptions } from "./informer.ts";
import { Informers } from "./informers.ts";

let api: TestApiServer;
let client: KubeClient;
let ctx: Context;
let cancel: () => void;

// In a suite: tests of all files share one process, and hooks at the top would run for each of them.
describe("informers", () => {
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

  test("of metadata alone nothing else is sent, in lists and watches", async () => {
    await client.create(ctx, configMaps, named("listed"));
    await using informer = await following({ metadataOnly: true });
    const told = next(informer);
    await client.create(ctx, configMaps, named("watched"));
    await told;
    for (const name of ["listed", "watched"]) {
      const found = informer.store.get({ namespace: "default", name });
      assert.deepEqual([found?.metadata?.name, found?.data], [name, undefined]);
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

  test("a write that was observed is known before the watch tells of it, and the watch does not take it back", async () => {
    await using informer = await following();
    const told: string[] = [];
    informer.addHandler({
      added: ({ data }) => told.push(`added ${data?.["of"]}`),
      updated: ({ data }) => told.push(`updated ${data?.["of"]}`),
    });
    const made = await client.create(ctx, configMaps, named("a"));
    const changed = await client.update(ctx, configMaps, { ...made, data: { of: "changed" } });
    informer.observe(changed);
    assert.equal(informer.store.get({ namespace: "default", name: "a" })?.data?.["of"], "changed");
    const last = next(informer);
    await client.create(ctx, configMaps, named("b"));
    assert.equal((await last).metadata?.name, "b");
    assert.deepEqual(told, ["added changed", "added b"]);
  });

  test("what was deleted since is not brought back by the answer to an earlier write", async () => {
    await using informer = await following();
    const made = await client.create(ctx, configMaps, named("a"));
    const gone = new Promise<void>((resolve) => informer.addHandler({ deleted: () => resolve() }));
    await client.delete(ctx, configMaps, { namespace: "default", name: "a" });
    await gone;
    informer.observe(made);
    assert.deepEqual(informer.store.list(), []);
  });

  test("a watch that stays behind a write is begun anew on another connection", async () => {
    const { protocol, hostname, port } = new URL(api.url);
    await using way = await stallingWay(hostname, Number(port));
    using other = new KubeClient(
      { server: `${protocol}//${hostname}:${way.port}`, ca: api.ca, token: api.adminToken },
      "test",
    );
    await using informer = new Informer(ctx, other, configMaps, { namespace: "default", mostLagMs: 100 });
    await informer.synced;
    const first = next(informer);
    await client.create(ctx, configMaps, named("before"));
    await first;
    way.stall();
    informer.observe(await client.create(ctx, configMaps, named("mine")));
    const later = next(informer);
    await client.create(ctx, configMaps, named("others"));
    assert.equal((await later).metadata?.name, "others");
  });

  test("callers of one scope that want different parts of its objects are refused", async () => {
    await using informers = new Informers(ctx, client);
    const scope = { namespace: "default" };
    informers.for(configMaps, { ...scope, transform: withoutData });
    assert.doesNotThrow(() => informers.for(configMaps, { ...scope, transform: withoutData }));
    assert.throws(() => informers.for(configMaps, scope), {
      message: "two callers want different parts of the objects of configmaps|v1|default||",
    });
    assert.throws(() => informers.for(configMaps, { ...scope, transform: withoutData, keepsManagedFields: true }));
  });

  test("whoever takes what there is finds the informer of the whole resource only", async () => {
    await using informers = new Informers(ctx, client);
    informers.for(configMaps, { namespace: "default" });
    assert.equal(informers.find(configMaps), undefined);
    const whole = informers.for(configMaps, { transform: withoutData });
    assert.equal(informers.find(configMaps), whole);
  });

  function withoutData({ metadata }: ConfigMap): ConfigMap {
    return { ...(metadata !== undefined && { metadata }) };
  }

  test("what is handed out cannot be changed", async () => {
    await client.create(ctx, configMaps, named("a"));
    await using informer = await following();
    const { data, metadata } = informer.store.get({ namespace: "default", name: "a" }) ?? {};
    assert.throws(() => Object.assign(data ?? {}, { of: "changed" }), TypeError);
    assert.throws(() => Object.assign(metadata ?? {}, { name: "changed" }), TypeError);
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
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { connections } from "#api/networking/connection.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { Federation } from "#dashboard/server/watch/federation.ts";
import { readText } from "#kube/client/transport.ts";
import { Informers } from "#kube/informer/informers.ts";
import { configMaps, nodes, pods, secrets } from "#machinery/builtin.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { findClusterId } from "../cluster.ts";
import { serveArchive } from "./served.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

const list = (...items: readonly object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
const named = (namespace: string, name: string, labels = {}) => ({ metadata: { namespace, name, labels } });
const FILES = [
  { path: "README.txt", text: "" },
  { path: "versions.json", text: '{"liqoctl":"v1","milan":"v1.35.0"}' },
  {
    path: "milan/objects/liqo/pods.json",
    text: list({ ...named("liqo", "a", { app: "x" }), spec: { nodeName: "n" } }),
  },
  { path: "milan/objects/shop/pods.json", text: list(named("shop", "b")) },
  { path: "milan/objects/connections.networking.liqo.io.json", text: list(named("liqo-tenant-rome", "gw-rome")) },
  { path: "milan/objects/nodes.json", text: list({ metadata: { name: "n" } }) },
  {
    path: "milan/objects/liqo/configmaps.json",
    text: list({
      ...named("liqo", "id", { "app.kubernetes.io/name": "clusterid-configmap" }),
      data: { CLUSTER_ID: "milan" },
    }),
  },
  { path: "milan/logs/liqo/a/main.log", text: "hello\n" },
];
const OTHER = { path: "rome/objects/nodes.json", text: list() };

test("clusters of an archive are read as others are, and cannot be changed", async () => {
  await using stack = new AsyncDisposableStack();
  const served = await serveArchive([...FILES, OTHER], "liqo");
  for (const each of served) stack.use(each);
  assert.deepEqual(
    served.map(({ name }) => name),
    ["milan", "rome"],
  );
  const [milan] = served;
  assert.ok(milan !== undefined);
  const { client } = milan.access;
  const names = async (asked: Promise<{ items: readonly { metadata?: { name?: string } }[] }>) =>
    (await asked).items.map(({ metadata }) => metadata?.name);
  assert.deepEqual(await names(client.list(ctx, pods)), ["a", "b"]);
  assert.deepEqual(await names(client.list(ctx, pods, { namespace: "shop" })), ["b"]);
  assert.deepEqual(await names(client.list(ctx, pods, { labelSelector: "app=x" })), ["a"]);
  assert.deepEqual(await names(client.list(ctx, pods, { fieldSelector: "spec.nodeName!=n" })), ["b"]);
  assert.deepEqual(await names(client.list(ctx, connections)), ["gw-rome"]);
  assert.deepEqual(await names(client.list(ctx, secrets)), []);
  assert.equal((await client.get(ctx, nodes, { name: "n" })).metadata?.name, "n");
  await assert.rejects(client.get(ctx, nodes, { name: "m" }), (error) => isNotFound(error));
  assert.equal(await findClusterId(ctx, milan.access), "milan");
  assert.deepEqual(await client.raw(ctx, "GET", "/version"), { gitVersion: "v1.35.0" });
  const log = await client.stream(ctx, "/api/v1/namespaces/liqo/pods/a/log", { container: "main" });
  assert.equal(await readText(log), "hello\n");
  await assert.rejects(client.delete(ctx, configMaps, { namespace: "liqo", name: "id" }), /cannot be done with one/);
});

test("informers fill from it, and wait for what never comes", async () => {
  await using stack = new AsyncDisposableStack();
  const [milan] = await serveArchive(FILES, "liqo");
  assert.ok(milan !== undefined);
  stack.use(milan);
  const { ctx: own, cancel } = withCancel(ctx);
  await using informers = new Informers(own, milan.access.client);
  const informer = informers.for(pods);
  await informers.synced();
  assert.deepEqual(informer.store.list().length, 2);
  cancel();
});

test("the dashboard shows what is in it", async () => {
  const [milan] = await serveArchive(FILES, "liqo");
  assert.ok(milan !== undefined);
  await using _ = milan;
  const { ctx: own, cancel } = withCancel(ctx);
  await using federation = new Federation(own, [milan]);
  await federation.ready;
  const { picture } = federation;
  assert.equal(picture.get("pod/milan/shop/b")?.kind, "pod");
  assert.equal(picture.get("node/milan//n")?.kind, "node");
  assert.equal(picture.get("pod/milan/shop/c"), undefined);
  cancel();
});

test("who has not the key gets nothing", async () => {
  const [milan] = await serveArchive(FILES, "liqo");
  assert.ok(milan !== undefined);
  await using _ = milan;
  const { status } = await fetch(`${milan.access.server}/version`);
  assert.equal(status, 401);
});

for (const [name, files, problem] of [
  ["nothing", [], /has no objects/],
  ["no list", [{ path: "milan/objects/nodes.json", text: "{}" }], /nodes\.json of the archive is no list/],
  ["no JSON", [{ path: "milan/objects/nodes.json", text: "[" }], /nodes\.json of the archive is no list/],
] as const)
  test(`an archive with ${name} is refused`, () => assert.rejects(serveArchive(files, "liqo"), problem));

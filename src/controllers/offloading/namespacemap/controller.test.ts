import assert from "node:assert/strict";
import { test } from "node:test";
import * as labels from "#api/labels.ts";
import { namespaceMaps } from "#api/offloading/namespace.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { eventually } from "#kit/eventually.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { coreEvents, namespaces, roleBindings } from "#machinery/builtin.ts";
import { namespaceMapController } from "./controller.ts";

const namespace = TENANT_NAMESPACES.provider;
const replica = { [labels.REPLICATED]: "true", [labels.REMOTE_CLUSTER_ID]: "turin" };

test("whose the twins are says the tenant namespace, and reserved names are refused and told of", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const desiredMapping = { web: "web-milan", system: "kube-flannel" };
  // Outside tenant namespaces a map is nobody's.
  await client.create(ctx, namespaceMaps, {
    metadata: { namespace: "default", name: "b", labels: replica },
    spec: { desiredMapping: { web: "web-of-nobody" } },
  });
  const key = { namespace, name: "cluster-b" };
  await client.create(ctx, namespaceMaps, { metadata: { ...key, labels: replica }, spec: { desiredMapping } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, namespaceMapController(controllerDeps(client, informers)));
  const map = await seen(client, namespaceMaps, key, ({ status }) => status?.currentMapping !== undefined);
  assert.deepEqual(map.status?.currentMapping, {
    web: { remoteNamespace: "web-milan", phase: "Accepted" },
    system: { remoteNamespace: "kube-flannel", phase: "CreationLoopBackOff" },
  });
  const twin = await client.get(ctx, namespaces, { name: "web-milan" });
  assert.equal(twin.metadata?.labels?.[labels.REMOTE_CLUSTER_ID], "cluster-a");
  const binding = await client.get(ctx, roleBindings, { namespace: "web-milan", name: namespace });
  assert.deepEqual(
    binding.subjects?.map(({ name }) => name),
    ["cluster-a"],
  );
  for (const name of ["kube-flannel", "web-of-nobody"])
    assert.equal(await client.find(ctx, namespaces, { name }), undefined);
  await eventually("the refusal is told of", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace });
    assert.ok(
      items.some(({ reason, message }) => reason === "ReservedNamespace" && /kube-flannel/.test(message ?? "")),
    );
  });
  cancel();
  await running;
});

test("a twin that the API server refuses stands in nobody's way, and says why", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const key = { namespace, name: "cluster-b" };
  const tooLong = `${"l".repeat(63)}-milan`;
  await client.create(ctx, namespaceMaps, {
    metadata: { ...key, labels: replica },
    spec: { desiredMapping: { old: "old-milan" } },
  });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, namespaceMapController(controllerDeps(client, informers)));
  await seen(client, namespaceMaps, key, ({ status }) => status?.currentMapping?.old?.phase === "Accepted");
  const desiredMapping = { old: null, bad: tooLong, web: "web-milan" };
  await client.patch(ctx, namespaceMaps, key, "merge", { spec: { desiredMapping } });
  const map = await seen(client, namespaceMaps, key, ({ status }) => status?.currentMapping?.web?.phase === "Accepted");
  assert.deepEqual(map.status?.currentMapping?.bad, { remoteNamespace: tooLong, phase: "CreationLoopBackOff" });
  await eventually("the one taken back goes", async () => {
    const old = await client.find(ctx, namespaces, { name: "old-milan" });
    assert.ok(old === undefined || old.metadata?.deletionTimestamp !== undefined);
  });
  await eventually("the refusal is told of", async () => {
    const { items } = await client.list(ctx, coreEvents, { namespace });
    assert.ok(items.some(({ reason, message }) => reason === "NamespaceRefused" && /63/.test(message ?? "")));
  });
  cancel();
  await running;
});

test("a map that asks for nothing is answered, so that an older answer at its consumer does not stand for ever", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.provider;
  const key = { namespace, name: "cluster-b" };
  await client.create(ctx, namespaceMaps, { metadata: { ...key, labels: replica }, spec: { desiredMapping: {} } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, namespaceMapController(controllerDeps(client, informers)));
  const map = await seen(client, namespaceMaps, key, ({ status }) => status?.currentMapping !== undefined);
  assert.deepEqual(map.status?.currentMapping, {});
  cancel();
  await running;
});
